export { createWaker, type Waker } from "./waker.ts";
