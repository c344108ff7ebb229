// heddle as it is published, in a page without a bundler.
import { run } from "heddle";
import { moduleFunction, toThread } from "heddle/web";

const double = moduleFunction(new URL("./unbundled-work.mjs", import.meta.url), "double");
console.log(`doubled: ${await run(() => toThread(double, 21))}`);
