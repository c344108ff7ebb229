import { run } from "heddle";
import main from "./chat-server.ts";
await run(() => main());
