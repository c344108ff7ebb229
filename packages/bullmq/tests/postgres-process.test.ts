import { describe } from "vitest";
import { remoteSuite } from "./remote-suite.ts";

describe("on PostgreSQL", () => remoteSuite("postgres"));
