// A template for a driver, for .NET 8 or newer. It implements graphcontract's driver protocol, version 1.
//
// graphcontract starts this program, writes commands to its standard input and reads replies from its standard
// output, one JSON object a line. The parts to change come first: `Declaration`, `Client` and `Outcome`.
// At first `Client` is a small client on HttpClient, so that you can run it before you use your own library.
//
// NOT TESTED: it was written from the documentation of .NET only, and was neither compiled nor run. `graphcontract
// doctor` makes a few plain calls through it, and says what works.

using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

internal static class Driver
{
    // Change this: the client under test, and what it cannot do by design. Reports show both.

    /// <summary>Makes the reply to `start`.</summary>
    private static JsonObject Declaration() => new()
    {
        ["protocol"] = 1,
        ["implementation"] = new JsonObject
        {
            ["name"] = "my-library",
            ["version"] = "0.0.0",
            ["language"] = "csharp",
        },
        ["concurrency"] = 1, // how many calls this driver accepts at once
        // Omit limits that your library does not have; the first value is the default.
        ["limits"] = new JsonObject
        {
            // ["root"] = "settable" | "fixed"     fixed: it has its own service root and accepts no other
            // ["https"] = false | true            true: it rejects http, or sends no token over it
            // ["hosts"] = new JsonArray()         the only hosts to which it sends tokens
            // ["proxy"] = "env" | "option" | "none"
            ["proxy"] = "option",
            // ["timeout"] = "call" | "attempt" | "none"   what its timeout bounds
            ["timeout"] = "call",
            // ["token"] = "call" | "client"       client: a new token needs a new client object
            // ["status"] = true | false           false: it does not expose the HTTP status
            // ["surface"] = "generic" | "typed"   typed: it has a method for this operation
        },
    };

    // Change this: the library. Replace the class by the construction of your client object, and `SendAsync` by the
    // one call of its public interface that requests the operation. Do no work for the library: what is checked,
    // encoded or retried here counts as its work. If it has a list of allowed hosts, usually give it the `hosts` of
    // `start`.
    //
    // The `request` of a call is what the contract says of it: method, path template, and which arguments are query
    // parameters. With it one driver serves every operation. A library with a method for each operation finds it from
    // the segments of the path, and the outcome of an operation that it does not have is `unsupported`.

    /// <summary>The library's documented error: the service responded, and not with success.</summary>
    private sealed class GraphException(int status, JsonObject? error, string? requestId)
        : Exception(Text(error?["message"]) ?? $"status {status}")
    {
        public int Status => status;

        public string? Code => Text(error?["code"]);

        public string? RequestId => requestId;
    }

    /// <summary>One client object of the library.</summary>
    private sealed class Client(JsonNode start)
    {
        private readonly Dictionary<string, HttpClient> stacks = new(); // by the path of the authorities' file

        /// <summary>Requests the operation, and returns the status.</summary>
        public async Task<int> SendAsync(
            JsonNode rule, JsonObject arguments, string? root, string token, string? caFile, CancellationToken ending)
        {
            if (!Regex.IsMatch(token, @"\A[A-Za-z0-9\-._~+/]+=*\z"))
            {
                throw new ArgumentException("this is not a bearer token");
            }

            var url = (root ?? $"{rule["root"]}/{rule["version"]}") + FillIn(rule, arguments);
            // Without content, HttpClient sends Content-Length: 0 with a POST, PUT or PATCH.
            using var request = new HttpRequestMessage(new HttpMethod(Text(rule["method"])!), url);
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
            request.Headers.Add("client-request-id", Guid.NewGuid().ToString());
            using var response = await Stack(caFile).SendAsync(request, ending);
            if (response.IsSuccessStatusCode)
            {
                return (int)response.StatusCode;
            }

            var error = ErrorOf(await response.Content.ReadAsStringAsync(ending));
            var inner = error?["innerError"] as JsonObject ?? error?["innererror"] as JsonObject;
            var field = response.Headers.TryGetValues("request-id", out var values) ? values.First() : null;
            throw new GraphException((int)response.StatusCode, error, Text(inner?["request-id"]) ?? field);
        }

        /// <summary>Puts the arguments into the path and the query.</summary>
        private static string FillIn(JsonNode rule, JsonObject arguments)
        {
            var path = Regex.Replace(Text(rule["path"])!, @"('?)\{(\w+)\}", found =>
            {
                var quote = found.Groups[1].Value;
                var value = Text(arguments[found.Groups[2].Value])!;
                // In a string literal, as in find(name='{name}'), OData doubles the quotes of the value.
                return quote + Segment(quote == "" ? value : value.Replace("'", "''"));
            });
            var query = QueryOf(rule).Select(each =>
                $"{Uri.EscapeDataString(each.Name)}={Uri.EscapeDataString(Text(arguments[each.Argument])!)}").ToList();
            return query.Count == 0 ? path : $"{path}?{string.Join("&", query)}";
        }

        /// <summary>Percent-encodes an argument as one segment of the path.</summary>
        private static string Segment(string value) =>
            value is "" or "." or ".." || value.Any(char.IsControl)
                ? throw new ArgumentException("this is not an id")
                : Uri.EscapeDataString(value);

        private HttpClient Stack(string? caFile)
        {
            var file = caFile ?? Text(start["ca_file"]) ?? "";
            if (stacks.TryGetValue(file, out var known))
            {
                return known;
            }

            var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false };
            if (Text(start["proxy"]) is { } proxy)
            {
                handler.UseProxy = true;
                handler.Proxy = new WebProxy(proxy);
            }

            if (file != "")
            {
                var policy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                };
                policy.CustomTrustStore.ImportFromPemFile(file);
                handler.SslOptions.CertificateChainPolicy = policy;
            }

            var made = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
            stacks[file] = made;
            return made;
        }
    }

    /// <summary>Lists the query parameters, each with the argument that has its value.</summary>
    private static List<(string Name, string Argument)> QueryOf(JsonNode rule) =>
        rule["parameters"]!.AsObject()
            .Where(each => Text(each.Value!["in"]) == "query")
            .Select(each => (Text(each.Value!["name"]) ?? each.Key, each.Key))
            .ToList();

    /// <summary>Finds Graph's error object; null if the content does not have one.</summary>
    private static JsonObject? ErrorOf(string content)
    {
        try
        {
            return (JsonNode.Parse(content) as JsonObject)?["error"] as JsonObject;
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Returns a string unchanged, null for anything else: the protocol only accepts strings.</summary>
    private static string? Text(JsonNode? value) =>
        value is JsonValue single && single.TryGetValue<string>(out var text) ? text : null;

    // Change this: the outcome of a call. `Failure` is for documented errors, of the library or its HTTP stack;
    // `rejected` for input that it rejected before it sent anything; `crash` for anything else that it throws.

    /// <summary>Makes the one call, and returns its outcome.</summary>
    private static async Task<JsonObject> Outcome(Client client, JsonNode call)
    {
        var request = call["request"]!;
        var unnamed = Text(request["query"]) == "required" && QueryOf(request).Count == 0;
        if (Text(request["content"]) == "required" || unnamed)
        {
            return new JsonObject
            {
                ["outcome"] = "unsupported",
                ["reason"] = "this client sends neither content nor a query of its own",
            };
        }

        using var ending = new CancellationTokenSource(
            TimeSpan.FromSeconds(call["timeout"]!.GetValue<double>())); // for the whole call
        try
        {
            var status = await client.SendAsync(
                request,
                call["arguments"]!.AsObject(),
                Text(call["base_url"]), // null: the library's default root
                call["token"]!.GetValue<string>(),
                Text(call["ca_file"]),
                ending.Token);
            return new JsonObject { ["outcome"] = "success", ["status"] = status };
        }
        catch (Exception error) when (error is ArgumentException or UriFormatException)
        {
            return new JsonObject { ["outcome"] = "rejected", ["reason"] = error.Message };
        }
        catch (GraphException error)
        {
            var failure = Failure("http", error);
            failure["error"]!["status"] = error.Status;
            failure["error"]!["code"] = error.Code;
            failure["error"]!["requestId"] = error.RequestId;
            return failure;
        }
        catch (OperationCanceledException error)
        {
            return Failure("timeout", error);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return Failure("transport", error);
        }
        catch (Exception error)
        {
            return new JsonObject { ["outcome"] = "crash", ["reason"] = error.ToString() };
        }
    }

    /// <summary>Makes a failure with what the error exposes.</summary>
    private static JsonObject Failure(string kind, Exception error) => new()
    {
        ["outcome"] = "failure",
        ["error"] = new JsonObject
        {
            ["kind"] = kind,
            ["type"] = error.GetType().Name,
            ["message"] = error.Message,
        },
    };

    // The protocol: do not change this part.

    private static async Task Main()
    {
        using var replies = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true, NewLine = "\n" };
        Console.SetOut(Console.Error); // Standard output is for replies only.
        JsonNode start = new JsonObject();
        var clients = new Dictionary<long, Client>();
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var command = JsonNode.Parse(line)!;
            var cmd = Text(command["cmd"]);
            if (cmd == "stop")
            {
                return;
            }

            JsonObject reply;
            if (cmd == "start")
            {
                start = command;
                reply = Declaration();
            }
            else
            {
                var number = command["client"]!.GetValue<long>();
                if (!clients.TryGetValue(number, out var client))
                {
                    clients[number] = client = new Client(start);
                }

                reply = await Outcome(client, command);
                reply["seq"] = command["seq"]!.GetValue<long>();
            }

            await replies.WriteLineAsync(reply.ToJsonString());
        }
    }
}
