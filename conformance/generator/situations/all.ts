/** The situations by their names. */
import { callbacks } from "./callbacks.ts";
import { cleanUp } from "./clean-up.ts";
import { deadlines } from "./deadlines.ts";
import { eagerness } from "./eagerness.ts";
import { family } from "./family.ts";
import { inheritance } from "./inheritance.ts";
import { pipeline } from "./pipeline.ts";
import { race } from "./race.ts";
import { sharing } from "./sharing.ts";
import type { Situation } from "./situation.ts";
import { storm } from "./storm.ts";

export const situations = {
  callbacks,
  cleanUp,
  deadlines,
  eagerness,
  family,
  inheritance,
  pipeline,
  race,
  sharing,
  storm,
} satisfies Record<string, Situation>;

export type SituationName = keyof typeof situations;
