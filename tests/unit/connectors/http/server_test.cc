#include "connectors/http/server.h"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace keywatch::http {
namespace {

int Connect(int port) {
  int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    return connection;
  }
  close(connection);
  return -1;
}

// Everything that comes back for `request` until the server closes.
std::string Ask(int port, const std::string& request) {
  int connection = Connect(port);
  if (connection < 0)
    return "no connection";
  EXPECT_GT(send(connection, request.data(), request.size(), MSG_NOSIGNAL), 0);
  std::string out;
  char block[4096];
  for (ssize_t n = 0; (n = recv(connection, block, sizeof block, 0)) > 0;) {
    out.append(block, static_cast<size_t>(n));
  }
  close(connection);
  return out;
}

std::string Request(const std::string& method, const std::string& path) {
  return method + " " + path +
         " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
}

TEST(ServerTest, AnswersItsRoutes) {
  Server server;
  server.Get("/metrics", [](const ServerRequest& request) {
    EXPECT_EQ(request.path, "/metrics");
    return ServerReply{200, "text/plain; version=0.0.4", "keywatch_x 1\n"};
  });
  server.Get("/readyz", [](const ServerRequest&) {
    return ServerReply{503, "application/json", "{\"ready\":false}"};
  });
  server.Post("/-/reload", [](const ServerRequest&) { return ServerReply{}; });
  ASSERT_TRUE(server.Start().ok());
  ASSERT_GT(server.port(), 0);

  std::string metrics = Ask(server.port(), Request("GET", "/metrics"));
  EXPECT_EQ(metrics.substr(0, 12), "HTTP/1.1 200");
  EXPECT_NE(metrics.find("Content-Type: text/plain; version=0.0.4\r\n"), std::string::npos);
  EXPECT_NE(metrics.find("\r\n\r\nkeywatch_x 1\n"), std::string::npos);
  std::string ready = Ask(server.port(), Request("GET", "/readyz"));
  EXPECT_EQ(ready.substr(0, 12), "HTTP/1.1 503");
  EXPECT_NE(ready.find("{\"ready\":false}"), std::string::npos);
  std::string head = Ask(server.port(), Request("HEAD", "/metrics"));
  EXPECT_EQ(head.substr(0, 12), "HTTP/1.1 200");
  EXPECT_EQ(head.find("keywatch_x"), std::string::npos);
  EXPECT_EQ(Ask(server.port(), Request("POST", "/-/reload")).substr(0, 12), "HTTP/1.1 200");
  for (const char* path : {"/", "/metricsx", "/x/metrics", "/metric", "/--/reload"}) {
    EXPECT_EQ(Ask(server.port(), Request("GET", path)).substr(0, 12), "HTTP/1.1 404") << path;
  }
}

TEST(ServerTest, ATakenPortIsAnError) {
  Server first;
  ASSERT_TRUE(first.Start().ok());
  Server second;
  Status status = second.Start("127.0.0.1", first.port());
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_NE(status.message().find(std::to_string(first.port())), std::string::npos);
}

TEST(ServerTest, StopFreesThePort) {
  int port = 0;
  {
    Server server;
    ASSERT_TRUE(server.Start().ok());
    port = server.port();
    server.Stop();
    server.Stop();
  }
  EXPECT_LT(Connect(port), 0);
  Server again;
  EXPECT_TRUE(again.Start("127.0.0.1", port).ok());
}

// More connections than threads: the others wait for one, and none is lost.
TEST(ServerTest, ManyConnections) {
  Server server;
  server.Get("/healthz", [](const ServerRequest&) {
    return ServerReply{200, "text/plain", "ok\n"};
  });
  ASSERT_TRUE(server.Start().ok());
  std::vector<int> connections;
  std::string request = Request("GET", "/healthz");
  for (int i = 0; i < 20; ++i) {
    connections.push_back(Connect(server.port()));
    ASSERT_GE(connections.back(), 0);
    ASSERT_GT(send(connections.back(), request.data(), request.size(), MSG_NOSIGNAL), 0);
  }
  for (int connection : connections) {
    char block[4096];
    ssize_t n = recv(connection, block, sizeof block, 0);
    ASSERT_GT(n, 12);
    EXPECT_EQ(std::string(block, 12), "HTTP/1.1 200");
    close(connection);
  }
}

// Clients that connect and send a request's first line, a byte now and then, or nothing.
class SlowClients {
 public:
  SlowClients(int port, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      sockets_.push_back(Connect(port));
      const std::string begin = i % 2 == 0 ? "POST /p HTTP/1.1\r\nHost: x\r\nX: " : "";
      if (!begin.empty()) {
        EXPECT_GT(send(sockets_.back(), begin.data(), begin.size(), MSG_NOSIGNAL), 0);
      }
    }
    thread_ = std::thread([this] {
      while (!ended_) {
        for (size_t i = 0; i < sockets_.size(); i += 2)
          (void)send(sockets_[i], "x", 1, MSG_NOSIGNAL);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    });
  }
  ~SlowClients() {
    ended_ = true;
    thread_.join();
    for (int socket : sockets_)
      close(socket);
  }
  SlowClients(const SlowClients&) = delete;
  SlowClients& operator=(const SlowClients&) = delete;

 private:
  std::vector<int> sockets_;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

ServerOptions OfFourThreads(std::chrono::milliseconds request_time) {
  ServerOptions options;
  options.threads = 4;
  options.request_time = request_time;
  options.reserved = {"/healthz"};
  return options;
}

TEST(ServerTest, SlowClientsDoNotKeepOthersFromBeingServed) {
  using std::chrono::steady_clock;
  Server server(OfFourThreads(std::chrono::milliseconds(1'500)));
  server.Get("/healthz", [](const ServerRequest&) { return ServerReply{}; });
  server.Get("/other", [](const ServerRequest&) { return ServerReply{}; });
  server.Post("/p", [](const ServerRequest&) { return ServerReply{}; });
  ASSERT_TRUE(server.Start().ok());
  SlowClients slow(server.port(), 4);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  auto begin = steady_clock::now();
  EXPECT_EQ(Ask(server.port(), Request("GET", "/healthz")).substr(0, 12), "HTTP/1.1 200");
  std::string other = Ask(server.port(), Request("GET", "/other"));
  EXPECT_EQ(other.substr(0, 12), "HTTP/1.1 503");
  EXPECT_NE(other.find("Retry-After: 1"), std::string::npos);
  EXPECT_LT(steady_clock::now() - begin, std::chrono::milliseconds(1'000));
  // Their time is over: however busily they send, their threads are free again.
  std::this_thread::sleep_for(std::chrono::milliseconds(2'500));
  EXPECT_EQ(Ask(server.port(), Request("GET", "/other")).substr(0, 12), "HTTP/1.1 200");
}

TEST(ServerTest, ABodyThatComesTooSlowlyIsGivenUp) {
  Server server(OfFourThreads(std::chrono::milliseconds(500)));
  std::atomic<int> handled = 0;
  server.Post("/p", [&](const ServerRequest&) {
    ++handled;
    return ServerReply{};
  });
  ASSERT_TRUE(server.Start().ok());
  int connection = Connect(server.port());
  const std::string begin = "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";
  ASSERT_GT(send(connection, begin.data(), begin.size(), MSG_NOSIGNAL), 0);
  for (int i = 0; i < 30; ++i) {
    (void)send(connection, "x", 1, MSG_NOSIGNAL);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  char block[4096];
  ssize_t n = recv(connection, block, sizeof block, MSG_DONTWAIT);
  ASSERT_GT(n, 12);
  EXPECT_EQ(std::string(block, 12), "HTTP/1.1 400");
  EXPECT_EQ(handled, 0);
  close(connection);
}

TEST(ServerTest, AStopDoesNotWaitForSlowClients) {
  Server server(OfFourThreads(std::chrono::seconds(60)));
  server.Post("/p", [](const ServerRequest&) { return ServerReply{}; });
  ASSERT_TRUE(server.Start().ok());
  SlowClients slow(server.port(), 4);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  auto begin = std::chrono::steady_clock::now();
  server.Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
}

TEST(ServerTest, AHugeRequestIsRefused) {
  Server server;
  server.Post("/p", [](const ServerRequest&) { return ServerReply{}; });
  ASSERT_TRUE(server.Start().ok());
  std::string request =
      "POST /p HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 70000\r\n\r\n";
  EXPECT_EQ(Ask(server.port(), request + std::string(70'000, 'x')).substr(0, 12), "HTTP/1.1 413");
}

TEST(ServerTest, HandsOverQueryHeadersAndBody) {
  Server server;
  server.GetUnder("/alerts/", [](const ServerRequest& request) {
    return ServerReply{200,
                       "text/plain",
                       request.path + "|" + request.Query("q") + "|" + request.Header("x-a") + "|" +
                           request.remote_address,
                       {{"X-B", "2"}}};
  });
  server.Post("/records", [](const ServerRequest& request) {
    return ServerReply{202, "text/plain", request.method + request.body};
  });
  ASSERT_TRUE(server.Start().ok());
  std::string answer = Ask(server.port(),
                           "GET /alerts/a%20b?q=1%262 HTTP/1.1\r\nHost: x\r\nX-A: z\r\n"
                           "Connection: close\r\n\r\n");
  EXPECT_NE(answer.find("/alerts/a b|1&2|z|127.0.0.1"), std::string::npos) << answer;
  EXPECT_NE(answer.find("X-B: 2"), std::string::npos);
  EXPECT_NE(Ask(server.port(), Request("GET", "/alertsx")).find(" 404 "), std::string::npos);
  answer = Ask(server.port(),
               "POST /records HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
               "Connection: close\r\n\r\nabc");
  EXPECT_NE(answer.find(" 202 "), std::string::npos);
  EXPECT_NE(answer.find("POSTabc"), std::string::npos);
}

TEST(ServerTest, StreamsAreBoundedAndEndWithTheServer) {
  ServerOptions options;
  options.threads = 1;
  options.most_streams = 1;
  Server server(options);
  std::atomic<int> pieces = 0;
  server.Get("/events", [&](const ServerRequest&) {
    ServerReply reply;
    reply.content_type = "text/event-stream";
    reply.stream = [&](std::string* out) {
      *out = "data: " + std::to_string(++pieces) + "\n\n";
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      return true;
    };
    return reply;
  });
  ASSERT_TRUE(server.Start().ok());
  std::string first;
  std::thread reader([&] { first = Ask(server.port(), Request("GET", "/events")); });
  while (pieces < 3)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::string second = Ask(server.port(), Request("GET", "/events"));
  EXPECT_NE(second.find(" 503 "), std::string::npos) << second;
  server.Stop();
  reader.join();
  EXPECT_NE(first.find("data: 3\n\n"), std::string::npos);
}

TEST(ServerTest, RefusesACertificateThatCannotBeRead) {
  ServerOptions options;
  options.cert_file = "/no/such/cert.pem";
  options.key_file = "/no/such/key.pem";
  Server server(options);
  Status started = server.Start();
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.message().find("/no/such/cert.pem"), std::string::npos);
}

}  // namespace
}  // namespace keywatch::http
