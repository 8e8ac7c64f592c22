// Waterspout's cpu backend and llama.cpp in turn, on the same file and machine, and whether their answers agree.
//
//     node tests/bench/compare.mjs FOLDER_WITH_NODE_LLAMA_CPP FILE.gguf [rounds] [threads]
//
// Each round runs one process of each; ratios are taken round by round, so a machine whose speed drifts does not spoil them.
import {execFileSync} from "node:child_process";
import {dirname, join, resolve} from "node:path";
import {fileURLToPath} from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [folder, given, rounds = "5", threads = "2"] = process.argv.slice(2);
const file = resolve(given);
const launcher = join(here, "..", "..", "waterspout");
const prompt = "504,3575,282,4649,314"; // "The capital of France is" in SmolLM2's vocabulary; any ids do for others

const json = (command, args, options) =>
    JSON.parse(execFileSync(command, args, {...options, stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 26}));
const waterspout = (...args) => json(launcher, [...args, "-m", file, "--threads", threads, "--json"], {});
const llama = (...args) => json("node", [join(here, "llama-cpp.mjs"), file, threads, ...args], {cwd: folder});
const middle = values => [...values].sort((a, b) => a - b)[values.length >> 1];
const spread = values => `${middle(values).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`;

const ours = [], theirs = [];
for (let round = 0; round < Number(rounds); round++) {
    ours.push(waterspout("bench", "--no-cold", "--prompt-tokens", "128", "--gen-tokens", "64", "--runs", "5", "--warmup", "3"));
    theirs.push(llama("5", "128", "64", prompt));
}
const prefill = ours.map(each => each.prefill_tokens_per_second.median);
const decode = ours.map(each => each.decode_tokens_per_second.median);
console.log(`${threads} threads, ${rounds} rounds, tokens per second: median (min to max)`);
console.log(`waterspout  prefill ${spread(prefill)}  decode ${spread(decode)}  peak ${(middle(ours.map(o => o.peak_memory_bytes)) / 1e6).toFixed(0)} MB`);
console.log(`llama.cpp   prefill ${spread(theirs.map(t => t.prefill_tokens_per_second))}  decode ${spread(theirs.map(t => t.decode_tokens_per_second))}`
    + `  peak ${(middle(theirs.map(t => t.peak_memory_bytes)) / 1e6).toFixed(0)} MB`);
console.log(`ratio       prefill ${spread(prefill.map((p, i) => p / theirs[i].prefill_tokens_per_second))}`
    + `  decode ${spread(decode.map((d, i) => d / theirs[i].decode_tokens_per_second))}`);
const answer = waterspout("run", "--tokens", prompt, "--max-tokens", "24", "--temperature", "0").tokens;
const same = answer.findIndex((token, i) => token !== theirs[0].tokens[i]);
console.log(same < 0 ? `answers: the same ${answer.length} greedy tokens` : `answers: the same until token ${same}`);
