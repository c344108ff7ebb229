// An HTTP server on node:http, with a run of its own for each request, which suspends once.
import { run, sleep } from "heddle";
import { serve } from "../measure/http-server.js";

function* answer(response) {
  yield* sleep(0);
  response.end("hello\n");
}

serve((_request, response) => run(answer(response)));
