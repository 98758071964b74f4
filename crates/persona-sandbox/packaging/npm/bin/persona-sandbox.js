#!/usr/bin/env node
// Runs the program of this platform's package, with the same arguments, streams and signals.
"use strict";

const { spawn } = require("node:child_process");
const { programPath } = require("../program.js");

let program;
try {
  program = programPath();
} catch (error) {
  console.error(`persona-sandbox: ${error.message}`);
  process.exit(1);
}

const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}
child.on("error", (error) => {
  console.error(`persona-sandbox: cannot run ${program}: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else {
    process.exit(code ?? 1);
  }
});
