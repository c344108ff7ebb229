import { run } from "heddle";
import main from "./hash-files.ts";
try { await run(main, { handleSigint: true }); } catch (e) { console.log(String(e)); process.exitCode = 130 }
