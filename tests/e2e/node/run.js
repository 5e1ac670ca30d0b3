// Runs one case against a server: run.js MODULE CASE [ARGUMENT...].
//
// The case is a function that cases/MODULE.js exports; it takes the world and the arguments, and
// says by an exception what it did not see. The server's addresses, the operator's key and the
// users' tokens come from the environment (see world.js).

"use strict";

const { World } = require("./world.js");

async function main() {
  const [module, name, ...args] = process.argv.slice(2);
  await require(`./cases/${module}.js`)[name](World.fromEnvironment(), ...args);
}

// A client that was left open must not keep a case that has ended.
main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
