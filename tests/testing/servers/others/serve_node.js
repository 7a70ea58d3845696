// Serve repositories with node-git-server: node serve_node.js PORT ROOT
"use strict";
const http = require("http");
const { Git } = require("node-git-server");

const [port, root] = process.argv.slice(2);
const repositories = new Git(root, { autoCreate: false });
http
  .createServer((request, response) => repositories.handle(request, response))
  .listen(Number(port), "127.0.0.1", () => console.log("listening"));
