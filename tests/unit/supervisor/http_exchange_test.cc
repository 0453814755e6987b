#include "pod/supervisor/http_exchange.h"

#include <gmock/gmock.h>

namespace skiff::supervisor {
namespace {

using testing::HasSubstr;
using testing::Not;

Handler Get(const std::string& path = "/healthz") {
  return {.kind = Handler::Kind::kHttpGet, .host = "10.0.0.2", .port = 8080, .path = path};
}

// The verdict over an answer that arrives in one piece and ends with the connection.
ProbeResult Judge(const std::string& answer, const Handler& handler = Get(), bool hook = false) {
  HttpExchange exchange(handler, hook);
  std::string reply;
  const auto result = exchange.OnData(answer, reply);
  return result ? *result : exchange.OnEnd();
}

TEST(HttpExchange, RequestIsAKubelets) {
  EXPECT_EQ(HttpExchange(Get("/a?b=c")).Request(),
            "GET /a?b=c HTTP/1.1\r\nHost: 10.0.0.2:8080\r\nUser-Agent: kube-probe/1.36\r\nAccept: */*\r\n"
            "Connection: close\r\n\r\n");
}

TEST(HttpExchange, HeadersReplaceTheUsualOnes) {
  Handler handler = Get("health");
  handler.headers = {{"host", "app.example"}, {"user-agent", "me"}, {"Accept", ""}, {"X-A", "1"}};
  const std::string request = HttpExchange(handler).Request();
  EXPECT_THAT(request, HasSubstr("GET /health HTTP/1.1\r\nHost: app.example\r\n"));
  EXPECT_THAT(request, HasSubstr("user-agent: me\r\nX-A: 1\r\n"));
  EXPECT_THAT(request, Not(HasSubstr("kube-probe")));
  EXPECT_THAT(request, Not(HasSubstr("Accept")));
}

TEST(HttpExchange, StatusDecides) {
  EXPECT_TRUE(Judge("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").ok);
  EXPECT_TRUE(Judge("HTTP/1.0 399 Odd\r\n\r\n").ok);
  EXPECT_TRUE(Judge("HTTP/1.1 204 No Content\r\n\r\n").ok);
  EXPECT_FALSE(Judge("HTTP/1.1 400 Bad\r\n\r\n").ok);
  EXPECT_EQ(Judge("HTTP/1.1 500 Broken\r\n\r\nbody").message, "HTTP probe failed with statuscode: 500");
  EXPECT_TRUE(Judge("HTTP/1.1 500 Broken\r\n\r\n", Get(), true).ok) << "a hook takes every answer";
}

TEST(HttpExchange, NoAnswerAndNonsense) {
  EXPECT_EQ(Judge("").message, "Get \"http://10.0.0.2:8080/healthz\": EOF");
  EXPECT_THAT(Judge("SSH-2.0-x\r\n\r\n").message, HasSubstr("malformed HTTP response"));
}

TEST(HttpExchange, InterimAnswersAreSkipped) {
  EXPECT_TRUE(Judge("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n").ok);
}

TEST(HttpExchange, BytewiseAndOnlyAsMuchBodyAsNeeded) {
  HttpExchange exchange(Get());
  std::string reply;
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
  for (size_t i = 0; i + 1 < answer.size(); ++i) ASSERT_FALSE(exchange.OnData(answer.substr(i, 1), reply)) << i;
  EXPECT_TRUE(exchange.OnData("c", reply)->ok);
}

TEST(HttpExchange, ChunkedBodyHasAnEnd) {
  HttpExchange exchange(Get());
  std::string reply;
  EXPECT_FALSE(exchange.OnData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", reply));
  EXPECT_TRUE(exchange.OnData("0\r\n\r\n", reply));
}

TEST(HttpExchange, EndlessBodyIsCutOff) {
  HttpExchange exchange(Get());
  std::string reply;
  EXPECT_FALSE(exchange.OnData("HTTP/1.1 200 OK\r\n\r\n", reply));
  EXPECT_TRUE(exchange.OnData(std::string(10 * 1024, 'x'), reply));
}

struct RedirectCase {
  const char* location;
  const char* url;  // where it leads; empty: elsewhere
};

TEST(HttpExchange, Redirects) {
  for (const RedirectCase& c : {RedirectCase{"/new?x#part", "http://10.0.0.2:8080/new?x"},
                                RedirectCase{"other", "http://10.0.0.2:8080/a/other"},
                                RedirectCase{"http://10.0.0.2/x", "http://10.0.0.2:80/x"},
                                RedirectCase{"https://10.0.0.2:8443", "https://10.0.0.2:8443/"},
                                RedirectCase{"http://10.0.0.3:8080/x", ""}, RedirectCase{"//10.0.0.2/x", ""}}) {
    HttpExchange exchange(Get("/a/b"));
    std::string reply;
    const auto result = exchange.OnData(fmt::format("HTTP/1.1 302 Found\r\nLocation: {}\r\n\r\n", c.location), reply);
    ASSERT_TRUE(result) << c.location;
    EXPECT_TRUE(result->ok);
    EXPECT_EQ(exchange.redirect() ? ProbeUrl(*exchange.redirect()) : "", c.url) << c.location;
    EXPECT_EQ(result->warning, c.url[0] == '\0') << c.location;
  }
}

TEST(HttpExchange, UrlOfAnIPv6Address) {
  Handler handler = Get("");
  handler.host = "fd00::2";
  EXPECT_EQ(ProbeUrl(handler), "http://[fd00::2]:8080/");
}

}  // namespace
}  // namespace skiff::supervisor
