// An HTTP server on node:http, with an async function for each request, which suspends once.
import { serve } from "../measure/http-server.js";

async function answer(response) {
  await null;
  response.end("hello\n");
}

serve((_request, response) => answer(response));
