#!/usr/bin/env node
// Runs the program of this platform's package, with the same arguments, streams and signals.
"use strict";

const { spawn } = require("node:child_process");

const platform = `${process.platform}-${process.arch}`;
let program;
try {
  program = require.resolve(`persona-sandbox-${platform}/bin/persona-sandbox`);
} catch {
  console.error(
    `persona-sandbox: there is no package for ${platform}, or npm was told to leave out optional ` +
      `dependencies. Install persona-sandbox-${platform}, or build the program with cargo.`,
  );
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
