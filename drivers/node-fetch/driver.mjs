// Any operation in ten lines on Node's built-in fetch, as in many scripts, and its driver, which implements driver
// protocol 1 on standard input and output and does no work for the client.

const PROTOCOL = 1;
const CONCURRENCY = 8;
// fetch reads additional authorities only when Node starts.
const CA_FILE = process.env.NODE_EXTRA_CA_CERTS ?? null;

/** Request one operation; rejects as fetch does, and with an Error that has the `status` of a response other than 2xx. */
async function send(method, url, values, query, token, timeout) {
  const response = await fetch(fillIn(url, values) + (query ? `?${query}` : ""), {
    method,
    headers: { Authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(timeout * 1000),
  });
  await response.text();
  const { ok, status } = response;
  if (!ok) throw Object.assign(new Error(`Response status: ${status}`), { status });
  return status;
}

/** Encode values into a URL template; in a quoted string of OData, quotes are doubled. */
function fillIn(url, values) {
  return url.replace(/('?)\{(\w+)\}/g, (_, quote, name) => {
    const value = quote ? values[name].replaceAll("'", "''") : values[name];
    return quote + encodeURIComponent(value);
  });
}

/** Declare the client. */
function start({ protocol }) {
  if (protocol !== PROTOCOL) return { protocol: PROTOCOL };
  return {
    protocol: PROTOCOL,
    implementation: {
      name: "Node.js fetch",
      version: process.versions.node,
      language: "javascript",
      homepage: "https://nodejs.org/api/globals.html#fetch",
      notes: `ten lines on fetch, undici ${process.versions.undici}`,
    },
    concurrency: CONCURRENCY,
    limits: { proxy: "none", timeout: "call", surface: "generic" },
  };
}

/** Make the one call and return its outcome. */
async function call({ request, base_url: root, token, arguments: values, timeout, ca_file: caFile }) {
  if (request.content === "required") return unsupported("these ten lines send no content");
  const query = new URLSearchParams();
  for (const [name, schema] of Object.entries(request.parameters)) {
    if (schema.in === "query") query.append(schema.name ?? name, values[name]);
  }
  if (request.query === "required" && !query.size) return unsupported("the contract does not say which query is required");
  if (root === null) return unsupported("fetch has no default root");
  if (caFile !== null && caFile !== CA_FILE) return unsupported("ca_file is not the file in NODE_EXTRA_CA_CERTS");
  try {
    const status = await send(request.method, root + request.path, values, String(query), token, timeout);
    return { outcome: "success", status };
  } catch (error) {
    return describe(error);
  }
}

/** The client's own Error, or what fetch documents: TypeError for a bad header or a broken network, and the signal's. */
function describe(error) {
  const { name: type, message, status, cause } = error;
  if (status !== undefined) return failure({ kind: "http", type, status, message });
  if (error instanceof URIError) return unsupported(String(error)); // a lone surrogate is not Unicode text
  if (type === "TimeoutError") return failure({ kind: "timeout", type, message });
  if (!(error instanceof TypeError)) return { outcome: "crash", reason: String(error) };
  if (cause === undefined || cause.code === "UND_ERR_INVALID_ARG") return { outcome: "rejected", reason: String(error) };
  return failure({ kind: "transport", type, message: `${message}: ${cause.message}` });
}

function failure(error) {
  return { outcome: "failure", error };
}

function unsupported(reason) {
  return { outcome: "unsupported", reason };
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

function reply(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

console.log = console.error; // standard output is for replies only
for await (const line of lines(process.stdin)) {
  const command = JSON.parse(line);
  if (command.cmd === "stop") process.exit();
  if (command.cmd === "start") reply(start(command));
  else call(command).then((outcome) => reply({ seq: command.seq, ...outcome }));
}
