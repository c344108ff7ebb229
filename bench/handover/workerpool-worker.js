// The same job, as workerpool wants it: a worker says itself what it can do.
import workerpool from "workerpool";
import same from "./same.js";

workerpool.worker({ same });
