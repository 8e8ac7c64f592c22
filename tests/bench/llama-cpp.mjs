// Measures llama.cpp, as the npm package node-llama-cpp brings it prebuilt, on the CPU. Prints one JSON object.
//
//     npm install node-llama-cpp            (in any folder outside this repository)
//     NODE_PATH is not used by modules: run it from that folder, or let compare.mjs do so
//     node llama-cpp.mjs FILE.gguf [threads] [runs] [prompt tokens] [generated tokens] [prompt ids, comma separated]
//
// With prompt ids it generates greedily after them, once, and prints the tokens too, so that answers can be compared.
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";
import {readFileSync} from "node:fs";
import {join} from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const {getLlama, LlamaLogLevel} = await import(pathToFileURL(require.resolve("node-llama-cpp")));

const [file, threads = "2", runs = "5", promptTokens = "128", generatedTokens = "64", ids] = process.argv.slice(2);
const started = performance.now();
const llama = await getLlama({gpu: false, build: "never", logLevel: LlamaLogLevel.error});
const model = await llama.loadModel({modelPath: file});
const context = await model.createContext({contextSize: 512, batchSize: 512, threads: Number(threads)});
const sequence = context.getSequence();
const greedy = {generateNext: {token: true, options: {temperature: 0}}};

// Evaluates the prompt, then generates `count` tokens after it.
async function answer(prompt, count) {
    await sequence.clearHistory();
    const start = performance.now();
    const items = prompt.map((token, i) => i === prompt.length - 1 ? [token, greedy] : token);
    let token = (await sequence.controlledEvaluate(items))[prompt.length - 1].next.token;
    const prefilled = performance.now();
    const tokens = [token];
    while (tokens.length < count) {
        token = (await sequence.controlledEvaluate([[token, greedy]]))[0].next.token;
        tokens.push(token);
    }
    const end = performance.now();
    return {tokens, prefill: prompt.length / (prefilled - start) * 1000, decode: (count - 1) / (end - prefilled) * 1000, prefilled};
}

const median = values => [...values].sort((a, b) => a - b)[values.length >> 1];
const prompt = Array.from({length: Number(promptTokens)}, (_, i) => 1000 + (i * 37) % 5000);
const first = await answer(prompt, Number(generatedTokens)); // warms up
const measured = [];
for (let run = 0; run < Number(runs); run++)
    measured.push(await answer(prompt, Number(generatedTokens)));
const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
const result = {
    prefill_tokens_per_second: median(measured.map(each => each.prefill)),
    decode_tokens_per_second: median(measured.map(each => each.decode)),
    first_token_seconds: (first.prefilled - started) / 1000,
    peak_memory_bytes: peak
};
if (ids)
    result.tokens = (await answer(ids.split(",").map(Number), 24)).tokens;
console.log(JSON.stringify(result));
process.exit(0);
