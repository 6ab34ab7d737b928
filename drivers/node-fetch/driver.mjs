// The action in ten lines on Node's own fetch, as many scripts have it, and the driver that puts it under test: driver
// protocol 1 on standard input and output. It knows fetch and the protocol; it judges nothing and repairs nothing.

const PROTOCOL = 1;
const OPERATION = "sharepointmigrationtask-cancel";
const TASKS = "solutions/sharePoint/migrations/crossOrganizationMigrationTasks";
const CONCURRENCY = 8;
// fetch reads further authorities when Node starts, and never again.
const CA_FILE = process.env.NODE_EXTRA_CA_CERTS ?? null;

/** Cancel one task; rejects as fetch does, and with an Error that has the `status` of any answer but 2xx. */
async function cancelTask(root, token, taskId, timeout) {
  const response = await fetch(`${root}/${TASKS}/${encodeURIComponent(taskId)}/cancel`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(timeout * 1000),
  });
  await response.text();
  const { ok, status } = response;
  if (!ok) throw Object.assign(new Error(`Response status: ${status}`), { status });
  return status;
}

/** Say who is under test. */
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

/** Make the one call and say what became of it. */
async function call({ operation, base_url: root, token, arguments: values, timeout, ca_file: caFile }) {
  if (operation !== OPERATION) return unsupported(`this driver has only ${OPERATION}`);
  if (root === null) return unsupported("fetch has no root of its own");
  if (caFile !== null && caFile !== CA_FILE) return unsupported("ca_file is not what NODE_EXTRA_CA_CERTS names");
  try {
    const status = await cancelTask(root, token, values.sharePointMigrationTaskId, timeout);
    return { outcome: "success", status };
  } catch (error) {
    return reported(error);
  }
}

/** The client's own Error, or what fetch documents: TypeError for a bad header or a broken network, and the signal's. */
function reported(error) {
  const { name: type, message, status, cause } = error;
  if (status !== undefined) return failure({ kind: "http", type, status, message });
  if (error instanceof URIError) return unsupported(String(error)); // a lone surrogate is no Unicode text
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

console.log = console.error; // standard output holds replies alone
for await (const line of lines(process.stdin)) {
  const command = JSON.parse(line);
  if (command.cmd === "stop") process.exit();
  if (command.cmd === "start") reply(start(command));
  else call(command).then((outcome) => reply({ seq: command.seq, ...outcome }));
}
