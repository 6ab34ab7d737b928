// Any operation in a few lines on HttpClient, as in many programs. The driver is that of the template.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Members = System.Collections.Generic.Dictionary<string, object?>;

internal sealed class HttpClientDriver : Driver.IClient
{
    private const int Concurrency = 8;
    private static readonly string? CaFile = Environment.GetEnvironmentVariable("SSL_CERT_FILE"); // which .NET reads

    private readonly Version version;
    private readonly ConcurrentDictionary<string, HttpClient> clients =
        new ConcurrentDictionary<string, HttpClient>(); // by the path of the authorities' file

    private HttpClientDriver(Version version) => this.version = version;

    /// <summary>The client under test: requests one operation, of which target is the URL.</summary>
    private static async Task<int> Send(
        HttpClient client, string method, string target, string token, CancellationToken ending)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), target);
        request.Version = client.DefaultRequestVersion;
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await client.SendAsync(request, ending);
        var status = (int)response.StatusCode;
        return response.IsSuccessStatusCode ? status : throw new Driver.GraphException(status, default, null);
    }

    public Task<int> SendAsync(
        JsonElement rule,
        IReadOnlyDictionary<string, string> arguments,
        string? root,
        string token,
        string? caFile,
        CancellationToken ending)
    {
        root ??= $"{Driver.Text(rule, "root")}/{Driver.Text(rule, "version")}";
        var target = root + Driver.FillIn(rule, arguments, Uri.EscapeDataString);
        var client = clients.GetOrAdd(caFile == CaFile ? "" : caFile ?? "", Make);
        return Send(client, Driver.Text(rule, "method")!, target, token, ending);
    }

    /// <summary>Makes a client object with the defaults of HttpClient, and the authorities of a file.</summary>
    private HttpClient Make(string caFile)
    {
        var handler = new SocketsHttpHandler();
        if (caFile != "")
        {
            handler.SslOptions.RemoteCertificateValidationCallback = Driver.Trust(caFile);
        }

        return new HttpClient(handler) { DefaultRequestVersion = version };
    }

    private static Task Main(string[] arguments)
    {
        var version = new Version(arguments.Length > 0 ? arguments[0] : "1.1");
        return Driver.Serve(
            () => new Members
            {
                ["protocol"] = 1,
                ["implementation"] = new Members
                {
                    ["name"] = "HttpClient",
                    ["version"] = Environment.Version.ToString(),
                    ["language"] = "csharp",
                    ["homepage"] = "https://learn.microsoft.com/dotnet/api/system.net.http.httpclient",
                    ["notes"] = $"a few lines on HttpClient, HTTP/{version}",
                },
                ["concurrency"] = Concurrency,
                ["limits"] = new Members { ["timeout"] = "call", ["surface"] = "generic" },
            },
            start => new HttpClientDriver(version));
    }
}
