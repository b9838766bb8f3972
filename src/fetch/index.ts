export { proxyFor } from "./bypass.ts";
export { createPost, type Post } from "./post.ts";
export { createFetch } from "./proxy.ts";
export { type Fetch, sendRequest, shorten } from "./send.ts";
