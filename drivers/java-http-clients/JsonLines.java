package drivers;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Driver protocol 1 on standard input and output, for any client; calls run in a few threads. */
final class JsonLines {
    private static final int PROTOCOL = 1;

    /** How many calls a driver makes at once. */
    static final int CONCURRENCY = 8;

    // Of an operation that every Graph client has; the harness numbers client objects from 1.
    private static final String FIRST_CALL =
            """
            {"request": {"method": "DELETE", "version": "beta", "path": "/users/{userId}", "parameters": {},
            "query": "absent", "content": "absent"}, "base_url": "%s", "token": "none", "arguments": {"userId": "none"},
            "timeout": 1, "client": 0}
            """;

    /** What a driver says of its client, and how it makes a call. */
    interface Driver {
        /** Declares the client: the members of the reply but `protocol` and `concurrency`. The last one counts. */
        JsonObject start(JsonObject command);

        /** Makes one call and returns its outcome. */
        JsonObject call(JsonObject command) throws Exception;
    }

    private JsonLines() {}

    /** Replies to commands until `stop` or the end of input; each reply is written whole. */
    static void run(Driver driver) throws IOException {
        PrintStream replies = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err); // Standard output is for replies only.
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        ExecutorService calls = Executors.newCachedThreadPool();
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            JsonObject command = JsonParser.parseString(line).getAsJsonObject();
            String name = command.get("cmd").getAsString();
            if (name.equals("stop")) {
                break;
            } else if (name.equals("start")) {
                replies.println(declare(driver, command));
            } else {
                calls.execute(() -> replies.println(reply(driver, command)));
            }
        }
        System.exit(0); // Threads of the HTTP clients would keep the process alive.
    }

    private static JsonObject declare(Driver driver, JsonObject command) {
        JsonObject declaration = new JsonObject();
        if (command.get("protocol").getAsInt() == PROTOCOL) {
            loadClasses(driver, command);
            declaration = driver.start(command);
            declaration.addProperty("concurrency", CONCURRENCY);
        }
        declaration.addProperty("protocol", PROTOCOL);
        return declaration;
    }

    /**
     * Makes a call where nothing listens, and one to a TLS server that hangs up, without a proxy. The first call of
     * either kind loads a few thousand classes, which takes seconds on a busy machine: more than the timeout of a call.
     */
    private static void loadClasses(Driver driver, JsonObject command) {
        JsonObject direct = command.deepCopy();
        direct.add("proxy", JsonNull.INSTANCE);
        driver.start(direct);
        try (ServerSocket closed = new ServerSocket(0); ServerSocket listening = new ServerSocket(0)) {
            closed.close();
            Thread server = new Thread(() -> hangUp(listening));
            server.setDaemon(true);
            server.start();
            makeFirstCall(driver, "http://localhost:" + closed.getLocalPort() + "/beta");
            makeFirstCall(driver, "https://localhost:" + listening.getLocalPort() + "/beta");
        } catch (Exception error) {
            System.err.println("the first call failed: " + error); // The next one shows why.
        }
    }

    private static void makeFirstCall(Driver driver, String root) throws Exception {
        driver.call(JsonParser.parseString(FIRST_CALL.formatted(root)).getAsJsonObject());
    }

    private static void hangUp(ServerSocket listening) {
        try {
            while (true) {
                listening.accept().close();
            }
        } catch (IOException closed) {
            // The calls have been made.
        }
    }

    private static JsonObject reply(Driver driver, JsonObject command) {
        JsonObject outcome;
        try {
            outcome = driver.call(command);
        } catch (Exception | LinkageError | StackOverflowError error) {
            outcome = outcome("crash", error);
        }
        outcome.add("seq", command.get("seq"));
        return outcome;
    }

    /** The text of a member, null if it is null or missing. */
    static String text(JsonObject object, String name) {
        return object.has(name) && !object.get(name).isJsonNull() ? object.get(name).getAsString() : null;
    }

    /** The values of the arguments of a call, by their ids. */
    static Map<String, String> arguments(JsonObject command) {
        Map<String, String> values = new LinkedHashMap<>();
        JsonObject arguments = command.getAsJsonObject("arguments");
        arguments.keySet().forEach(id -> values.put(id, text(arguments, id)));
        return values;
    }

    /** The root of a call; the contract's own if the call has none. */
    static String root(JsonObject command) {
        JsonObject request = command.getAsJsonObject("request");
        String own = text(request, "root") + "/" + text(request, "version");
        return text(command, "base_url") != null ? text(command, "base_url") : own;
    }

    static Duration timeout(JsonObject command) {
        return Duration.ofMillis(Math.round(command.get("timeout").getAsDouble() * 1000));
    }

    /** The values of the query parameters of a call, by their names in the query. */
    static Map<String, String> query(JsonObject command) {
        JsonObject parameters = command.getAsJsonObject("request").getAsJsonObject("parameters");
        Map<String, String> values = new LinkedHashMap<>();
        for (String id : parameters.keySet()) {
            JsonObject schema = parameters.getAsJsonObject(id);
            if ("query".equals(text(schema, "in"))) {
                String name = text(schema, "name");
                values.put(name != null ? name : id, text(command.getAsJsonObject("arguments"), id));
            }
        }
        return values;
    }

    /** Says why a hand-written client cannot make a call, null if it can. */
    static JsonObject findUnsupported(JsonObject command) {
        JsonObject request = command.getAsJsonObject("request");
        if ("required".equals(text(request, "content"))) {
            return outcome("unsupported", "these few lines send no content");
        }
        if ("required".equals(text(request, "query")) && query(command).isEmpty()) {
            return outcome("unsupported", "the contract does not say which query is required");
        }
        return null;
    }

    /** Declares a hand-written client. */
    static JsonObject declaration(String name, String version, String notes, String timeout) {
        JsonObject implementation = new JsonObject();
        implementation.addProperty("name", name);
        implementation.addProperty("version", version);
        implementation.addProperty("language", "java");
        implementation.addProperty("notes", notes);
        JsonObject limits = new JsonObject();
        limits.addProperty("proxy", "option");
        limits.addProperty("timeout", timeout);
        JsonObject declaration = new JsonObject();
        declaration.add("implementation", implementation);
        declaration.add("limits", limits);
        return declaration;
    }

    static JsonObject success(int status) {
        JsonObject result = outcome("success");
        result.addProperty("status", status);
        return result;
    }

    static JsonObject outcome(String outcome) {
        JsonObject result = new JsonObject();
        result.addProperty("outcome", outcome);
        return result;
    }

    /** An outcome that has a reason: `rejected`, `unsupported` or `crash`. */
    static JsonObject outcome(String outcome, String reason) {
        JsonObject result = outcome(outcome);
        result.addProperty("reason", reason);
        return result;
    }

    static JsonObject outcome(String outcome, Throwable error) {
        return outcome(outcome, String.valueOf(error));
    }

    /** A `failure` with this member `error`. */
    static JsonObject failure(JsonObject error) {
        JsonObject result = outcome("failure");
        result.add("error", error);
        return result;
    }

    /** What every error exposes. */
    static JsonObject error(String kind, Throwable error) {
        JsonObject exposed = new JsonObject();
        exposed.addProperty("kind", kind);
        exposed.addProperty("type", error.getClass().getSimpleName());
        exposed.addProperty("message", error.getMessage());
        return exposed;
    }
}
