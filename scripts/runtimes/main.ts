import { testRuntimes } from "./command.ts";

process.exitCode = await testRuntimes(process.argv.slice(2), console.log, console.error);
