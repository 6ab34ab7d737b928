// A driver to fill in, for .NET 8 or newer. It speaks graphcontract's driver protocol, version 1.
//
// graphcontract starts this program, writes commands to its standard input and reads replies from its standard
// output, one JSON object a line. What is yours to change stands first: `Declaration`, `Client` and `Outcome`.
// Until then `Client` is a small client on HttpClient, so that you see it judged before you put your own in.
//
// NOT TESTED: it was written by the documentation of .NET alone, and was neither compiled nor run. `graphcontract
// doctor` makes a few plain calls through it, and says what works.

using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

internal static class Driver
{
    // Yours: who is under test, and what it cannot do by design. Reports show both.

    /// <summary>The answer to `start`.</summary>
    private static JsonObject Declaration() => new()
    {
        ["protocol"] = 1,
        ["implementation"] = new JsonObject
        {
            ["name"] = "my-library",
            ["version"] = "0.0.0",
            ["language"] = "csharp",
        },
        ["concurrency"] = 1, // how many calls this driver can hold at once
        // Leave out what does not hold for your library; the first value is meant where a limit is left out.
        ["limits"] = new JsonObject
        {
            // ["root"] = "settable" | "fixed"     fixed: it has a service root of its own and takes no other
            // ["https"] = false | true            true: it refuses http, or sends no token over it
            // ["hosts"] = new JsonArray()         the only hosts to which it sends tokens
            // ["proxy"] = "env" | "option" | "none"
            ["proxy"] = "option",
            // ["timeout"] = "call" | "attempt" | "none"   what its timeout bounds
            ["timeout"] = "call",
            // ["token"] = "call" | "client"       client: another token needs another client object
            // ["status"] = true | false           false: it tells no HTTP status
            // ["surface"] = "generic" | "typed"   typed: it has this action in its interface
        },
    };

    // Yours: the library. Replace the class by the construction of your client object, `CancelAsync` by the one call
    // of its public interface that cancels a task. Do no work for it: what is checked, encoded or repeated here is
    // judged as its own. Most libraries that keep to allowed hosts are to be given the `hosts` of `start` as such.

    private const string OwnRoot = "https://graph.microsoft.com/beta";
    private const string Tasks = "/solutions/sharePoint/migrations/crossOrganizationMigrationTasks/";

    /// <summary>The library's documented error: the service answered, and not with success.</summary>
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
        private readonly Dictionary<string, HttpClient> stacks = new(); // by the file of authorities

        /// <summary>Cancel a task, and give the status.</summary>
        public async Task<int> CancelAsync(
            string taskId, string? root, string token, string? caFile, CancellationToken ending)
        {
            if (taskId is "" or "." or ".." || taskId.Any(char.IsControl))
            {
                throw new ArgumentException("this is no task id");
            }

            if (!Regex.IsMatch(token, @"\A[A-Za-z0-9\-._~+/]+=*\z"))
            {
                throw new ArgumentException("this is no bearer token");
            }

            var url = (root ?? OwnRoot) + Tasks + Uri.EscapeDataString(taskId) + "/cancel";
            // Without content, HttpClient sends Content-Length: 0 with a POST.
            using var request = new HttpRequestMessage(HttpMethod.Post, url);
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
            request.Headers.Add("client-request-id", Guid.NewGuid().ToString());
            using var answer = await Stack(caFile).SendAsync(request, ending);
            if (answer.IsSuccessStatusCode)
            {
                return (int)answer.StatusCode;
            }

            var error = ErrorOf(await answer.Content.ReadAsStringAsync(ending));
            var inner = error?["innerError"] as JsonObject ?? error?["innererror"] as JsonObject;
            var field = answer.Headers.TryGetValues("request-id", out var values) ? values.First() : null;
            throw new GraphException((int)answer.StatusCode, error, Text(inner?["request-id"]) ?? field);
        }

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

    /// <summary>Graph's error object, null where the content holds none.</summary>
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

    /// <summary>A text as it is; null for anything else, for the protocol takes texts alone.</summary>
    private static string? Text(JsonNode? value) =>
        value is JsonValue single && single.TryGetValue<string>(out var text) ? text : null;

    // Yours: what became of a call. `Failure` is for what the library documents, be it its own error or those of its
    // HTTP stack; `rejected` for input that it refused before anything was sent; `crash` for whatever else it throws.

    /// <summary>Make the one call, and say what became of it.</summary>
    private static async Task<JsonObject> Outcome(Client client, JsonNode call)
    {
        using var ending = new CancellationTokenSource(
            TimeSpan.FromSeconds(call["timeout"]!.GetValue<double>())); // for the whole call
        try
        {
            var status = await client.CancelAsync(
                call["arguments"]!["sharePointMigrationTaskId"]!.GetValue<string>(),
                Text(call["base_url"]), // null: the root that a user has who sets none
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
            var told = Failure("http", error);
            told["error"]!["status"] = error.Status;
            told["error"]!["code"] = error.Code;
            told["error"]!["requestId"] = error.RequestId;
            return told;
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

    /// <summary>What an error exposes.</summary>
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

    // The protocol: nothing of it is yours.

    private static async Task Main()
    {
        using var replies = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true, NewLine = "\n" };
        Console.SetOut(Console.Error); // Whatever else is printed is no reply.
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
