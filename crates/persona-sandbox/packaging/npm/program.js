// Where the program of this platform is.
"use strict";

/** The path of the program; throws an error that says what to install. */
function programPath() {
  // For tests of this package, and for a program that was built with cargo.
  if (process.env.PERSONA_SANDBOX_PROGRAM) return process.env.PERSONA_SANDBOX_PROGRAM;
  const platform = `${process.platform}-${process.arch}`;
  try {
    return require.resolve(`persona-sandbox-${platform}/bin/persona-sandbox`);
  } catch {
    throw new Error(
      `there is no package for ${platform}, or npm was told to leave out optional dependencies. ` +
        `Install persona-sandbox-${platform}, or build the program with cargo and name it in ` +
        `PERSONA_SANDBOX_PROGRAM.`,
    );
  }
}

module.exports = { programPath };
