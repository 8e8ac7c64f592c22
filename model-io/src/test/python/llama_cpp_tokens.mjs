// Tokens llama.cpp gives for texts: node llama_cpp_tokens.mjs FOLDER-OF-node_modules MODEL.gguf TEXTS.json OUT.json
import fs from "node:fs";
import path from "node:path";
import {pathToFileURL} from "node:url";

const [,, modules, gguf, texts, out] = process.argv;
const entry = path.join(modules, "node-llama-cpp/dist/index.js");
const {getLlama, LlamaLogLevel} = await import(pathToFileURL(path.resolve(entry)).href);
const llama = await getLlama({gpu: false, build: "never", logLevel: LlamaLogLevel.error});
const model = await llama.loadModel({modelPath: gguf, vocabOnly: true});
const tokens = (text, special) => text === "" ? [] : model.tokenize(text, special);
const ids = JSON.parse(fs.readFileSync(texts)).map(text => [tokens(text, false), tokens(text, true)]);
const end = [...model.iterateAllTokens()].filter(token => model.isEogToken(token));
fs.writeFileSync(out, JSON.stringify({
    bos: model.tokens.bos, eos: model.tokens.eos, adds_bos: model.tokens.shouldPrependBosToken, end, ids,
}));
process.exit(0);
