// @ts-check
/**
 * A template for a driver, for Node 18 or newer. It implements graphcontract's driver protocol, version 1.
 *
 * graphcontract starts this program, writes commands to its standard input and reads replies from its standard
 * output, one JSON object a line. The parts to change come first: `declaration`, `Client` and `outcome`.
 * At first `Client` is a small client on node:http, so that you can run it before you use your own library.
 *
 * Its types are in comments, so that it runs without a build. TypeScript checks them, with `@types/node` installed:
 * `npx tsc --noEmit --allowJs --checkJs --target es2022 --module nodenext --types node driver.mjs`.
 * It was run against the suites of graphcontract with Node 20; it violates a SHOULD because nothing is retried.
 */

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { createInterface } from "node:readline";
import tls from "node:tls";

/**
 * @typedef {{ cmd: "start", protocol: number, contract: string, hosts: string[], ca_file: string | null,
 *   proxy: string | null }} Start
 * @typedef {{ cmd: "call", seq: number, operation: string, request: Rule, base_url: string | null, token: string,
 *   arguments: Record<string, string>, timeout: number, ca_file: string | null, client: number }} Call
 * @typedef {{ method: string, root: string, version: string, path: string, query: string, content: string,
 *   parameters: Record<string, { in?: string, name?: string }> }} Rule
 * @typedef {Record<string, unknown>} Json
 */

// Change this: the client under test, and what it cannot do by design. Reports show both.

/** Make the reply to `start`. */
function declaration() {
  return {
    protocol: 1,
    implementation: { name: "my-library", version: "0.0.0", language: "javascript" },
    concurrency: 1, // how many calls this driver accepts at once
    // Omit limits that your library does not have; the first value is the default.
    limits: {
      // root: "settable" | "fixed"     fixed: it has its own service root and accepts no other
      // https: false | true            true: it rejects http, or sends no token over it
      // hosts: []                      the only hosts to which it sends tokens
      // proxy: "env" | "option" | "none"
      proxy: "option",
      // timeout: "call" | "attempt" | "none"   what its timeout bounds
      timeout: "call",
      // token: "call" | "client"       client: a new token needs a new client object
      // status: true | false           false: it does not expose the HTTP status
      // surface: "generic" | "typed"   typed: it has a method for this operation
    },
  };
}

// Change this: the library. Replace the class by the construction of your client object, and `send` by the one call of
// its public interface that requests the operation. Do no work for the library: what is checked, encoded or retried
// here counts as its work. If it has a list of allowed hosts, usually give it `start.hosts`.
//
// `call.request` is what the contract says of the request: method, path template, and which arguments are query
// parameters. With it one driver serves every operation. A library with a method for each operation finds it from the
// segments of the path, and the outcome of an operation that it does not have is `unsupported`.

const MOST_BYTES = 4 * 1024 * 1024;

/** The library's documented error: the service responded, and not with success. */
class GraphError extends Error {
  /** @param {number} status @param {Json} error @param {string | null} requestId */
  constructor(status, error, requestId) {
    super(text(error.message) ?? `status ${status}`);
    this.name = "GraphError";
    this.status = status;
    this.code = text(error.code);
    this.requestId = requestId;
  }
}

/** Input that the library rejects before it sends anything. */
class InputError extends Error {}

/** One client object of the library. */
class Client {
  #proxy;

  /** @param {Start} start */
  constructor(start) {
    this.#proxy = start.proxy === null ? null : new URL(start.proxy);
  }

  /**
   * Request the operation, and return the status; throws InputError, GraphError and what node:http throws.
   * @param {Rule} rule
   * @param {Record<string, string>} values
   * @param {{ root: string | null, token: string, caFile: string | null, signal: AbortSignal }} options
   */
  async send(rule, values, { root, token, caFile, signal }) {
    if (!/^[\w\-.~+/]+=*$/.test(token)) throw new InputError("this is not a bearer token");
    const url = new URL((root ?? `${rule.root}/${rule.version}`) + fillIn(rule.path, values));
    for (const [name, schema] of Object.entries(rule.parameters)) {
      if (schema.in === "query") url.searchParams.append(schema.name ?? name, values[name]);
    }
    const response = await this.#request(rule.method, url, token, caFile, signal);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) {
      await content(response);
      return status;
    }
    const error = errorOf(await content(response).catch(() => ""));
    const inner = object(error.innerError ?? error.innererror);
    throw new GraphError(status, error, text(inner["request-id"]) ?? text(response.headers["request-id"]));
  }

  /**
   * Send a request without content over a new connection: node:http adds Content-Length: 0 to a POST, PUT or PATCH.
   * @param {string} method @param {URL} url @param {string} token @param {string | null} caFile @param {AbortSignal} signal
   * @returns {Promise<http.IncomingMessage>}
   */
  async #request(method, url, token, caFile, signal) {
    const headers = { authorization: `Bearer ${token}`, "client-request-id": randomUUID(), connection: "close" };
    const ca = caFile === null ? undefined : readFileSync(caFile);
    /** @type {https.RequestOptions} */
    const options = { method, headers, ca, signal, agent: false };
    if (this.#proxy !== null && url.protocol === "https:") {
      const socket = await tunnel(this.#proxy, url, signal);
      const createConnection = () => tls.connect({ socket, servername: url.hostname, ca });
      options.agent = Object.assign(new https.Agent(), { createConnection });
    }
    return new Promise((resolve, reject) => {
      const request =
        this.#proxy !== null && url.protocol === "http:"
          ? http.request(this.#proxy, { ...options, path: url.href, headers: { ...headers, host: url.host } })
          : (url.protocol === "https:" ? https : http).request(url, options);
      request.on("response", resolve).on("error", reject);
      // Without this, 101 would close the connection, and the promise would stay pending.
      request.on("upgrade", (_, socket) => {
        socket.destroy();
        reject(new GraphError(101, {}, null));
      });
      request.end();
    });
  }
}

/**
 * Put the arguments into the path. In a string literal, as in `find(name='{name}')`, OData doubles quotes.
 * @param {string} path @param {Record<string, string>} values
 */
function fillIn(path, values) {
  return path.replace(/('?)\{(\w+)\}/g, (_, quote, name) => {
    return quote + segment(quote ? values[name].replaceAll("'", "''") : values[name]);
  });
}

/** Percent-encode an argument as one segment of the path. @param {string} value */
function segment(value) {
  if (["", ".", ".."].includes(value) || /\p{Cc}/u.test(value)) throw new InputError("this is not an id");
  return encodeURIComponent(value);
}

/**
 * Make a connection to a host through a proxy.
 * @param {URL} proxy @param {URL} url @param {AbortSignal} signal
 * @returns {Promise<import("node:net").Socket>}
 */
function tunnel(proxy, url, signal) {
  const path = `${url.hostname}:${url.port || 443}`;
  return new Promise((resolve, reject) => {
    const request = http.request(proxy, { method: "CONNECT", path, headers: { host: path }, signal, agent: false });
    request.on("connect", (response, socket) => {
      if (response.statusCode === 200) resolve(socket);
      else reject(new Error(`the proxy responded with ${response.statusCode}`));
    });
    request.on("error", reject).end();
  });
}

/** @param {http.IncomingMessage} response */
async function content(response) {
  const chunks = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > MOST_BYTES) break;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks)); // without a byte order mark
}

/** Find Graph's error object; empty if the content does not have one. @param {string} content */
function errorOf(content) {
  try {
    return object(object(JSON.parse(content)).error);
  } catch {
    return {};
  }
}

/** @param {unknown} value @returns {Json} */
function object(value) {
  return typeof value === "object" && value !== null ? /** @type {Json} */ (value) : {};
}

/** Return a string unchanged, null for anything else: the protocol only accepts strings. @param {unknown} value */
function text(value) {
  return typeof value === "string" ? value : null;
}

// Change this: the outcome of a call. `failure` is for documented errors, of the library or its HTTP stack;
// `rejected` for input that it rejected before it sent anything; `crash` for anything else that it throws.

/** Make the one call, and return its outcome. @param {Client} client @param {Call} call */
async function outcome(client, call) {
  const { content, query, parameters } = call.request;
  const named = Object.values(parameters).some((schema) => schema.in === "query");
  if (content === "required" || (query === "required" && !named)) {
    return { outcome: "unsupported", reason: "this client sends neither content nor a query of its own" };
  }
  const signal = AbortSignal.timeout(call.timeout * 1000); // seconds, for the whole call
  try {
    const status = await client.send(call.request, call.arguments, {
      root: call.base_url, // null: the library's default root
      token: call.token,
      caFile: call.ca_file,
      signal,
    });
    return { outcome: "success", status };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    if (error instanceof InputError || error instanceof URIError) {
      return { outcome: "rejected", reason: error.message };
    }
    if (error instanceof GraphError) {
      const { status, code, requestId } = error;
      return failure("http", error, { status, code, requestId });
    }
    if (signal.aborted) return failure("timeout", error);
    if ("code" in error) return failure("transport", error); // what node:http throws has a code
    return { outcome: "crash", reason: `${error.name}: ${error.message}` };
  }
}

/** Make a failure with what the error exposes. @param {string} kind @param {Error} error @param {Json} more */
function failure(kind, error, more = {}) {
  return { outcome: "failure", error: { kind, type: error.name, message: error.message, ...more } };
}

// The protocol: do not change this part.

console.log = console.error; // Standard output is for replies only.
/** @type {Start | undefined} */
let start;
/** @type {Map<number, Client>} */
const clients = new Map();

/** @param {Call} call */
function clientOf({ client: number }) {
  if (start === undefined) throw new Error("a call before start");
  const client = clients.get(number) ?? new Client(start);
  clients.set(number, client);
  return client;
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.cmd === "stop") break;
  if (command.cmd === "start") start = command;
  const reply =
    command.cmd === "start"
      ? declaration()
      : { seq: command.seq, ...(await outcome(clientOf(command), command)) };
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
