/** A worker's file as a program's bundle has it: the modules are in it. */
import { serveJobs } from "heddle/web";

serveJobs({ work: () => import("./work.ts") });
