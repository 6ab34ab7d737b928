// Driver for Microsoft's Graph client library for JavaScript: driver protocol 1 on standard input and output.
// It uses the library's public interface and does no work for it.

import { AsyncLocalStorage } from "node:async_hooks";
import { createRequire } from "node:module";
import { Client, GraphClientError, GraphError } from "@microsoft/microsoft-graph-client";

const PROTOCOL = 1;
const PACKAGE = "@microsoft/microsoft-graph-client";
const CONCURRENCY = 8;
// fetch reads additional authorities only when Node starts.
const CA_FILE = process.env.NODE_EXTRA_CA_CERTS ?? null;
const tokenInHand = new AsyncLocalStorage();

/** One client object of the library with its default middleware; its root is fixed, its token is the call's. */
class OneClient {
  #client;

  constructor(baseUrl, ownVersion, hosts) {
    const options = {
      authProvider: { getAccessToken: async () => tokenInHand.getStore() },
      customHosts: hosts,
      defaultVersion: ownVersion,
    };
    if (baseUrl !== null) {
      const version = baseUrl.lastIndexOf("/");
      options.baseUrl = baseUrl.slice(0, version);
      options.defaultVersion = baseUrl.slice(version + 1);
    }
    this.#client = Client.initWithMiddleware(options);
  }

  /**
   * Request one operation, with its arguments encoded in the path, and those of the query as the library takes them: by
   * name, and not encoded. Throws what the library throws. The signal aborts an exchange `timeout` seconds after the call
   * started; it does not end the library's waits between attempts.
   */
  async send(method, path, query, token, timeout) {
    const signal = AbortSignal.timeout(timeout * 1000);
    const request = this.#client.api(path).query(query).option("signal", signal);
    // The library has a function for each method: get, post, put, patch, delete.
    await tokenInHand.run(token, () => request[method.toLowerCase()]());
  }
}

/** The state between commands: the hosts of the run and the client objects. */
class Driver {
  #hosts = new Set();
  #proxied = false;
  #clients = new Map();

  /** Declare the library. It accepts hosts as names without ports. */
  start({ protocol, hosts, proxy }) {
    if (protocol !== PROTOCOL) return { protocol: PROTOCOL };
    this.#hosts = new Set(hosts.map((host) => new URL(`https://${host}`).hostname));
    this.#proxied = proxy !== null;
    return {
      protocol: PROTOCOL,
      implementation: {
        name: PACKAGE,
        version: createRequire(import.meta.url)(`${PACKAGE}/package.json`).version,
        language: "javascript",
        homepage: "https://github.com/microsoftgraph/msgraph-sdk-javascript",
        notes: `Node ${process.versions.node}, undici ${process.versions.undici}`,
      },
      concurrency: CONCURRENCY,
      limits: {
        root: "settable",
        https: true,
        hosts: [],
        proxy: "none",
        timeout: "attempt", // the signal does not end the waits between attempts
        token: "call",
        status: true,
        surface: "generic",
      },
    };
  }

  /** Make the one call and return its outcome. */
  async call({ request, base_url: baseUrl, token, arguments: values, timeout, ca_file: caFile, client }) {
    const query = {};
    for (const [name, schema] of Object.entries(request.parameters)) {
      if (schema.in === "query") query[schema.name ?? name] = values[name];
    }
    if (request.content === "required") return unsupported("this driver sends no content");
    if (request.query === "required" && !Object.keys(query).length) {
      return unsupported("the contract does not say which query is required");
    }
    if (this.#proxied) return unsupported("fetch would bypass the proxy");
    if (caFile !== null && caFile !== CA_FILE) return unsupported("ca_file is not the file in NODE_EXTRA_CA_CERTS");
    let path;
    try {
      // In a string literal, as in `find(name='{name}')`, OData doubles the quotes of the value.
      path = request.path.replace(/('?)\{(\w+)\}/g, (_, quote, name) => {
        return quote + encodeURIComponent(quote ? values[name].replaceAll("'", "''") : values[name]);
      });
    } catch (error) {
      return unsupported(describe(error)); // a lone surrogate is not Unicode text
    }
    try {
      await this.#client(client, baseUrl, request.version).send(request.method, path, query, token, timeout);
    } catch (error) {
      if (error instanceof GraphError) return failure(error);
      if (error instanceof GraphClientError) return { outcome: "rejected", reason: describe(error) };
      return { outcome: "crash", reason: describe(error) };
    }
    return { outcome: "success" };
  }

  #client(number, baseUrl, ownVersion) {
    const key = `${number} ${baseUrl}`;
    if (!this.#clients.has(key)) this.#clients.set(key, new OneClient(baseUrl, ownVersion, this.#hosts));
    return this.#clients.get(key);
  }
}

/** The library passes on any JSON value; the protocol only accepts strings. */
function text(value) {
  return typeof value === "string" ? value : null;
}

/** What a GraphError exposes. Without an HTTP status its `code` is the name of what fetch threw. */
function failure(error) {
  const hasResponse = error.statusCode !== -1;
  const timedOut = error.code === "TimeoutError";
  return {
    outcome: "failure",
    error: {
      kind: hasResponse ? "http" : timedOut ? "timeout" : "transport",
      type: "GraphError",
      status: hasResponse ? error.statusCode : null,
      code: text(error.code),
      message: text(error.message),
      requestId: error.requestId ?? error.headers?.get("request-id") ?? null,
    },
  };
}

function unsupported(reason) {
  return { outcome: "unsupported", reason };
}

function describe(error) {
  return error instanceof Error ? `${error.name}: ${error.message}` : `thrown: ${String(error)}`;
}

/** The lines of a stream. node:readline would also end a line at U+2028, which JSON allows in a text. */
async function* lines(stream) {
  let rest = "";
  for await (const chunk of stream.setEncoding("utf8")) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop();
    yield* parts;
  }
}

console.log = console.error; // standard output is for replies only
const driver = new Driver();

function reply(describe) {
  process.stdout.write(`${JSON.stringify(describe)}\n`);
}

for await (const line of lines(process.stdin)) {
  const command = JSON.parse(line);
  if (command.cmd === "stop") break;
  if (command.cmd === "start") reply(driver.start(command));
  else driver.call(command).then((outcome) => reply({ seq: command.seq, ...outcome }));
}
