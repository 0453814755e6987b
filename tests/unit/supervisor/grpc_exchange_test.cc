#include "pod/supervisor/grpc_exchange.h"

#include <gmock/gmock.h>

namespace skiff::supervisor {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Handler Check(const std::string& service = "") {
  return {.kind = Handler::Kind::kGrpc, .host = "10.0.0.2", .port = 50051, .service = service};
}

std::string Frame(char type, char flags, char stream, const std::string& payload) {
  return std::string{0, 0, static_cast<char>(payload.size()), type, flags, 0, 0, 0, stream} + payload;
}

std::string Message(char status) { return {0, 0, 0, 0, 2, 8, status}; }

TEST(GrpcExchange, RequestIsThreeFramesBehindThePreface) {
  const std::string request = GrpcExchange(Check("web")).Request();
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  ASSERT_THAT(request, StartsWith(preface + Frame(4, 0, 0, "")));
  EXPECT_THAT(request, HasSubstr("/grpc.health.v1.Health/Check"));
  EXPECT_TRUE(request.ends_with(Frame(0, 1, 1, std::string{0, 0, 0, 0, 5, 10, 3} + "web")));
}

TEST(GrpcExchange, ServingIsSuccess) {
  GrpcExchange exchange(Check());
  std::string reply;
  EXPECT_FALSE(exchange.OnData(Frame(4, 0, 0, ""), reply));
  EXPECT_EQ(reply, Frame(4, 1, 0, "")) << "settings are acknowledged";
  reply.clear();
  EXPECT_FALSE(exchange.OnData(Frame(6, 0, 0, "12345678"), reply));
  EXPECT_EQ(reply, Frame(6, 1, 0, "12345678")) << "pings are answered";
  EXPECT_FALSE(exchange.OnData(Frame(1, 4, 1, "\x88"), reply));
  const auto result = exchange.OnData(Frame(0, 0, 1, Message(1)), reply);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->ok);
}

TEST(GrpcExchange, OtherStatesAreNamed) {
  for (const auto& [status, name] : {std::pair<char, const char*>{2, "NOT_SERVING"}, {3, "SERVICE_UNKNOWN"}, {0, "UNKNOWN"}}) {
    GrpcExchange exchange(Check());
    std::string reply;
    const auto result = exchange.OnData(Frame(0, 0, 1, Message(status)), reply);
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->ok);
    EXPECT_EQ(result->message, fmt::format("service unhealthy (responded with \"{}\")", name));
  }
}

TEST(GrpcExchange, AnErrorOfTheCallHasNoMessage) {
  GrpcExchange exchange(Check());
  std::string reply;
  const auto result = exchange.OnData(Frame(1, 5, 1, "\x88"), reply);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->ok);
  EXPECT_THAT(result->message, HasSubstr("without a health status"));
}

TEST(GrpcExchange, BytewiseAndPadded) {
  GrpcExchange exchange(Check());
  std::string reply;
  const std::string answer = Frame(0, 8, 1, std::string(1, '\2') + Message(1) + "pp");
  for (size_t i = 0; i + 1 < answer.size(); ++i) ASSERT_FALSE(exchange.OnData(answer.substr(i, 1), reply)) << i;
  const auto result = exchange.OnData("p", reply);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->ok);
}

TEST(GrpcExchange, AnHttp1ServerIsNoGrpcServer) {
  GrpcExchange exchange(Check());
  std::string reply;
  const auto result = exchange.OnData("HTTP/1.1 400 Bad Request\r\n\r\n", reply);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->ok);
}

// A literal field with a new name, plain.
std::string Field(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) + value;
}

TEST(GrpcExchange, AnErrorOfTheCallIsNamed) {
  const auto failure = [](const std::string& status, const std::string& message) {
    GrpcExchange exchange(Check());
    std::string reply;
    const auto result = exchange.OnData(
        Frame(1, 5, 1, "\x88" + Field("grpc-status", status) + Field("grpc-message", message)), reply);
    return result ? result->message : "no result";
  };
  EXPECT_EQ(failure("5", "unknown service"),
            "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service");
  EXPECT_EQ(failure("12", "unknown service grpc.health.v1.Health"),
            "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service "
            "grpc.health.v1.Health");
  EXPECT_EQ(failure("99", "50%25 of it"), "error: health rpc probe failed: rpc error: code = Code(99) desc = 50% of it");
}

}  // namespace
}  // namespace skiff::supervisor
