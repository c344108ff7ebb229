/** A worker's file that has forgotten to serve. */
export {};
