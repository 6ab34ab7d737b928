// A template for a driver, for .NET 8 or newer. It implements graphcontract's driver protocol, version 1.
//
// graphcontract starts this program, writes commands to its standard input and reads replies from its standard
// output, one JSON object a line. The parts to change come first: `Declaration`, `Client` and `Outcome`.
// At first `Client` is a small client on HttpClient, so that you can run it before you use your own library.
//
// It was compiled and run against the suites of graphcontract with .NET Core 3.1 and C# 8, not with .NET 8. What it
// uses is in both, and `graphcontract doctor` says what works. With 3.1 it violates three SHOULDs: it retries nothing,
// but HttpClient sends a request without content again if a used connection is lost, and an address as server name.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using Members = System.Collections.Generic.Dictionary<string, object?>;

internal static class Driver
{
    // Change this: the client under test, and what it cannot do by design. Reports show both.

    /// <summary>Makes the reply to `start`.</summary>
    private static Members Declaration() => new Members
    {
        ["protocol"] = 1,
        ["implementation"] = new Members
        {
            ["name"] = "my-library",
            ["version"] = "0.0.0",
            ["language"] = "csharp",
        },
        ["concurrency"] = 1, // how many calls this driver accepts at once
        // Omit limits that your library does not have; the first value is the default.
        ["limits"] = new Members
        {
            // ["root"] = "settable" | "fixed"     fixed: it has its own service root and accepts no other
            // ["https"] = false | true            true: it rejects http, or sends no token over it
            // ["hosts"] = new string[0]           the only hosts to which it sends tokens
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
    internal sealed class GraphException : Exception
    {
        public GraphException(int status, JsonElement error, string? requestId)
            : base(Text(error, "message") ?? $"status {status}")
        {
            Status = status;
            Code = Text(error, "code");
            RequestId = requestId;
        }

        public int Status { get; }

        public string? Code { get; }

        public string? RequestId { get; }
    }

    /// <summary>One client object of the library.</summary>
    private sealed class Client : IClient
    {
        private readonly JsonElement start;
        private readonly ConcurrentDictionary<string, HttpClient> stacks =
            new ConcurrentDictionary<string, HttpClient>(); // by the path of the authorities' file

        public Client(JsonElement start) => this.start = start;

        /// <summary>Requests the operation, and returns the status.</summary>
        public async Task<int> SendAsync(
            JsonElement rule,
            IReadOnlyDictionary<string, string> arguments,
            string? root,
            string token,
            string? caFile,
            CancellationToken ending)
        {
            if (!Regex.IsMatch(token, @"\A[A-Za-z0-9\-._~+/]+=*\z"))
            {
                throw new ArgumentException("this is not a bearer token");
            }

            var url = (root ?? $"{Text(rule, "root")}/{Text(rule, "version")}") + FillIn(rule, arguments, Segment);
            // Without content, HttpClient sends Content-Length: 0 with a POST, PUT or PATCH.
            using var request = new HttpRequestMessage(new HttpMethod(Text(rule, "method")!), url);
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
            request.Headers.Add("client-request-id", Guid.NewGuid().ToString());
            using var response = await Stack(caFile).SendAsync(request, ending); // reads the content, too
            if (response.IsSuccessStatusCode)
            {
                return (int)response.StatusCode;
            }

            var error = ErrorIn(await response.Content.ReadAsByteArrayAsync());
            var inner = Member(error, "innerError") ?? Member(error, "innererror") ?? default;
            var field = response.Headers.TryGetValues("request-id", out var values) ? values.First() : null;
            throw new GraphException((int)response.StatusCode, error, Text(inner, "request-id") ?? field);
        }

        private HttpClient Stack(string? caFile) => stacks.GetOrAdd(caFile ?? Text(start, "ca_file") ?? "", Make);

        private HttpClient Make(string caFile)
        {
            var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false };
            if (Text(start, "proxy") is { } proxy)
            {
                handler.UseProxy = true;
                handler.Proxy = new WebProxy(proxy);
            }

            if (caFile != "")
            {
                handler.SslOptions.RemoteCertificateValidationCallback = Trust(caFile);
            }

            return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        }
    }

    /// <summary>Puts the arguments into the path, each as a segment, and into the query.</summary>
    internal static string FillIn(
        JsonElement rule, IReadOnlyDictionary<string, string> arguments, Func<string, string> segment)
    {
        var path = Regex.Replace(Text(rule, "path")!, @"('?)\{(\w+)\}", found =>
        {
            var quote = found.Groups[1].Value;
            var value = arguments[found.Groups[2].Value];
            // In a string literal, as in find(name='{name}'), OData doubles the quotes of the value.
            return quote + segment(quote == "" ? value : value.Replace("'", "''"));
        });
        var query = QueryOf(rule).Select(each =>
            $"{Uri.EscapeDataString(each.Name)}={Uri.EscapeDataString(arguments[each.Argument])}").ToList();
        return query.Count == 0 ? path : $"{path}?{string.Join("&", query)}";
    }

    /// <summary>Percent-encodes an argument as one segment of the path.</summary>
    private static string Segment(string value) =>
        value == "" || value == "." || value == ".." || value.Any(char.IsControl)
            ? throw new ArgumentException("this is not an id")
            : Uri.EscapeDataString(value);

    /// <summary>Lists the query parameters, each with the argument that has its value.</summary>
    private static List<(string Name, string Argument)> QueryOf(JsonElement rule) =>
        rule.GetProperty("parameters").EnumerateObject()
            .Where(each => Text(each.Value, "in") == "query")
            .Select(each => (Text(each.Value, "name") ?? each.Name, each.Name))
            .ToList();

    /// <summary>Accepts servers with a certificate for their name that one of these authorities issued.</summary>
    internal static RemoteCertificateValidationCallback Trust(string caFile)
    {
        var authorities = ReadAuthorities(caFile);
        return (sender, certificate, chain, errors) =>
        {
            // Errors other than those of the chain: there is no certificate, or it is for another name.
            if ((errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None
                || certificate is null
                || chain is null)
            {
                return false;
            }

            // Build checks signatures, dates and purposes. It then accepts any root, and this only those of the file.
            chain.ChainPolicy.ExtraStore.AddRange(authorities);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
            if (!chain.Build((X509Certificate2)certificate))
            {
                return false;
            }

            var root = chain.ChainElements[chain.ChainElements.Count - 1].Certificate.RawData;
            return authorities.Any(each => each.RawData.SequenceEqual(root)); // Equals compares only the names.
        };
    }

    private static X509Certificate2[] ReadAuthorities(string caFile)
    {
        const string Pem = "-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----";
#pragma warning disable SYSLIB0057 // What replaces this constructor came with .NET 9.
        return Regex.Matches(File.ReadAllText(caFile), Pem)
            .Select(found => new X509Certificate2(Convert.FromBase64String(found.Groups[1].Value)))
            .ToArray();
#pragma warning restore SYSLIB0057
    }

    /// <summary>Finds Graph's error object; undefined if the content does not have one.</summary>
    private static JsonElement ErrorIn(byte[] content)
    {
        try
        {
            var json = Encoding.UTF8.GetString(content).TrimStart('\uFEFF'); // a byte order mark
            return Member(JsonSerializer.Deserialize<JsonElement>(json), "error") ?? default;
        }
        catch (JsonException)
        {
            return default;
        }
    }

    /// <summary>Returns a member of an object; null if it is missing, or the value is not an object.</summary>
    private static JsonElement? Member(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var found)
            ? found
            : (JsonElement?)null;

    /// <summary>Returns a member that is a string, null for anything else: the protocol only accepts strings.</summary>
    internal static string? Text(JsonElement value, string name)
    {
        try
        {
            return Member(value, name) is { ValueKind: JsonValueKind.String } found ? found.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null; // A surrogate without its other half is not Unicode text.
        }
    }

    // Change this: the outcome of a call. `Failure` is for documented errors, of the library or its HTTP stack;
    // `rejected` for input that it rejected before it sent anything; `crash` for anything else that it throws.

    /// <summary>Makes the one call, and returns its outcome.</summary>
    private static async Task<Members> Outcome(IClient client, JsonElement call)
    {
        var request = call.GetProperty("request");
        var unnamed = Text(request, "query") == "required" && QueryOf(request).Count == 0;
        if (Text(request, "content") == "required" || unnamed)
        {
            return Because("unsupported", "this client sends neither content nor a query of its own");
        }

        var arguments = Strings(call.GetProperty("arguments"));
        var token = Text(call, "token");
        if (arguments is null || token is null)
        {
            return Because("unsupported", "this is not Unicode text");
        }

        // For the whole call.
        using var ending = new CancellationTokenSource(TimeSpan.FromSeconds(call.GetProperty("timeout").GetDouble()));
        try
        {
            var root = Text(call, "base_url"); // null: the library's default root
            var status = await client.SendAsync(request, arguments, root, token, Text(call, "ca_file"), ending.Token);
            return new Members { ["outcome"] = "success", ["status"] = status };
        }
        catch (Exception error) when (error is ArgumentException || error is FormatException)
        {
            return Because("rejected", error.Message);
        }
        catch (GraphException error)
        {
            return Failure("http", error, error.Status, error.Code, error.RequestId);
        }
        catch (OperationCanceledException error)
        {
            return Failure("timeout", error);
        }
        catch (Exception error) when (error is HttpRequestException || error is IOException)
        {
            return Failure("transport", error);
        }
        catch (Exception error)
        {
            return Because("crash", error.ToString());
        }
    }

    /// <summary>Makes an outcome with a reason.</summary>
    private static Members Because(string outcome, string reason) =>
        new Members { ["outcome"] = outcome, ["reason"] = reason };

    /// <summary>Makes a failure with what the error exposes.</summary>
    private static Members Failure(
        string kind, Exception error, int? status = null, string? code = null, string? requestId = null) =>
        new Members
        {
            ["outcome"] = "failure",
            ["error"] = new Members
            {
                ["kind"] = kind,
                ["type"] = error.GetType().Name,
                ["message"] = error.Message,
                ["status"] = status,
                ["code"] = code,
                ["requestId"] = requestId,
            },
        };

    // The protocol: do not change this part.

    private static Task Main() => Serve(Declaration, start => new Client(start));

    internal interface IClient
    {
        /// <summary>Makes a call, and returns the status; root and caFile are null for the library's defaults.</summary>
        Task<int> SendAsync(
            JsonElement rule,
            IReadOnlyDictionary<string, string> arguments,
            string? root,
            string token,
            string? caFile,
            CancellationToken ending);
    }

    /// <summary>Replies to commands until `stop`, or the end of input.</summary>
    internal static async Task Serve(Func<Members> declare, Func<JsonElement, IClient> makeClient)
    {
        using var replies = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true, NewLine = "\n" };
        Console.SetOut(Console.Error); // Standard output is for replies only.
        JsonElement start = default;
        var clients = new Dictionary<long, IClient>();
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var command = JsonSerializer.Deserialize<JsonElement>(line);
            var cmd = Text(command, "cmd");
            if (cmd == "stop")
            {
                return;
            }

            if (cmd == "start")
            {
                start = command;
                Write(replies, declare());
                continue;
            }

            var number = command.GetProperty("client").GetInt64();
            if (!clients.TryGetValue(number, out var client))
            {
                clients[number] = client = makeClient(start);
            }

            _ = Task.Run(async () => // The next command may come before the reply to this one.
            {
                var reply = await Outcome(client, command);
                reply["seq"] = command.GetProperty("seq").GetInt64();
                Write(replies, reply);
            });
        }
    }

    private static void Write(TextWriter replies, Members reply)
    {
        lock (replies)
        {
            replies.WriteLine(JsonSerializer.Serialize(reply));
        }
    }

    /// <summary>Reads an object of strings; null if one of them is not Unicode text.</summary>
    private static Dictionary<string, string>? Strings(JsonElement value)
    {
        var read = new Dictionary<string, string>();
        foreach (var each in value.EnumerateObject())
        {
            if (!(Text(value, each.Name) is { } text))
            {
                return null;
            }

            read[each.Name] = text;
        }

        return read;
    }
}
