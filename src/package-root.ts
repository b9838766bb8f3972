/**
 * The package's folder, where package.json and patches/ are. This file is as deep in src/ as what is built in dist/.
 */
export const packageRoot = new URL("..", import.meta.url);
