// The same by piscina. Its threads stand still for their next job, instead of turning their loops.
import Piscina from "piscina";
import { measureJobs } from "../measure/handover.js";

const pool = new Piscina({
  filename: new URL("same.js", import.meta.url).href,
  minThreads: 2,
  maxThreads: 2,
});
await measureJobs((value) => pool.run(value));
await pool.destroy();
