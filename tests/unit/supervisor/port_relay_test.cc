// Real sockets on the loopback addresses; the loop runs here, clients and servers in threads.
#include "pod/supervisor/port_relay.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <unistd.h>

#include <thread>

namespace skiff::supervisor {
namespace {

using common::UniqueFd;

uint16_t PortOf(int fd) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size), 0);
  return ntohs(reinterpret_cast<const sockaddr_in&>(name).sin_port);  // at the same place in both families
}

UniqueFd Bind6(int type) {
  UniqueFd fd(::socket(AF_INET6, type | SOCK_CLOEXEC, 0));
  sockaddr_in6 name{};
  name.sin6_family = AF_INET6;
  name.sin6_addr = in6addr_loopback;
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) return UniqueFd();
  return fd;
}

UniqueFd Bind4(int type) {
  UniqueFd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  return fd;
}

UniqueFd Connect6(int type, uint16_t port) {
  UniqueFd fd(::socket(AF_INET6, type | SOCK_CLOEXEC, 0));
  const timeval limit{5, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in6 name{};
  name.sin6_family = AF_INET6;
  name.sin6_addr = in6addr_loopback;
  name.sin6_port = htons(port);
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  return fd;
}

std::string ReadAll(int fd) {
  std::string data;
  char buffer[65536];
  ssize_t n;
  while ((n = ::recv(fd, buffer, sizeof buffer, 0)) > 0) data.append(buffer, static_cast<size_t>(n));
  return n == 0 ? data : data + "<error>";
}

void WriteAll(int fd, const std::string& data) {
  for (size_t at = 0; at < data.size();) {
    const ssize_t n = ::send(fd, data.data() + at, data.size() - at, MSG_NOSIGNAL);
    if (n <= 0) return;
    at += static_cast<size_t>(n);
  }
}

class PortRelayTest : public testing::Test {
 protected:
  void Start(int type) {
    server_ = Bind4(type);
    UniqueFd held = Bind6(type);
    if (!held) GTEST_SKIP() << "no IPv6 here";
    port_ = PortOf(held.get());
    auto relay = PortRelay::Start(*loop_, std::move(held), type == SOCK_DGRAM,
                                  {.address = "127.0.0.1", .port = PortOf(server_.get())},
                                  [](int family, int kind) -> common::Result<UniqueFd> {
                                    return UniqueFd(::socket(family, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
                                  });
    ASSERT_TRUE(relay) << relay.error().message();
    relay_ = std::move(*relay);
  }
  // Runs the loop until all of `work` is done.
  void RunBeside(const std::function<void()>& client, const std::function<void()>& server) {
    std::thread serving(server);
    int done[2];
    ASSERT_EQ(::pipe(done), 0);
    ASSERT_TRUE(loop_->Watch(done[0], 1 /* EPOLLIN */, [this](uint32_t) { loop_->Stop(); }));
    std::thread asking([&] {
      client();
      serving.join();
      EXPECT_EQ(::write(done[1], "x", 1), 1);
    });
    ASSERT_TRUE(loop_->Run([] {}));
    asking.join();
    ::close(done[0]);
    ::close(done[1]);
  }

  std::unique_ptr<EventLoop> loop_ = std::move(*EventLoop::Create());
  UniqueFd server_;
  uint16_t port_ = 0;
  std::unique_ptr<PortRelay> relay_;
};

TEST_F(PortRelayTest, TcpBothWaysWithHalfClosedConnections) {
  Start(SOCK_STREAM);
  if (IsSkipped()) return;
  ASSERT_EQ(::listen(server_.get(), 8), 0);
  const std::string request(3'000'000, 'q');
  const std::string response(5'000'000, 'r');
  std::string got_request, got_response;
  RunBeside(
      [&] {
        const UniqueFd client = Connect6(SOCK_STREAM, port_);
        WriteAll(client.get(), request);
        ::shutdown(client.get(), SHUT_WR);
        got_response = ReadAll(client.get());
      },
      [&] {
        const UniqueFd connection(::accept4(server_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        got_request = ReadAll(connection.get());
        WriteAll(connection.get(), response);
      });
  EXPECT_TRUE(got_request == request) << got_request.size();
  EXPECT_TRUE(got_response == response) << got_response.size();
}

TEST_F(PortRelayTest, RefusedByThePodIsSeenByTheClient) {
  Start(SOCK_STREAM);  // and nobody listens
  if (IsSkipped()) return;
  std::string answer = "unset";
  RunBeside([&] { answer = ReadAll(Connect6(SOCK_STREAM, port_).get()); }, [] {});
  EXPECT_THAT(answer, testing::AnyOf("", "<error>"));
}

TEST_F(PortRelayTest, DatagramsComeBackToTheirSender) {
  Start(SOCK_DGRAM);
  if (IsSkipped()) return;
  std::string first(10, '\0'), second(10, '\0');
  RunBeside(
      [&] {
        const UniqueFd a = Connect6(SOCK_DGRAM, port_);
        const UniqueFd b = Connect6(SOCK_DGRAM, port_);
        EXPECT_EQ(::send(a.get(), "one", 3, 0), 3);
        EXPECT_EQ(::send(b.get(), "two", 3, 0), 3);
        first.resize(static_cast<size_t>(std::max<ssize_t>(0, ::recv(a.get(), first.data(), first.size(), 0))));
        second.resize(static_cast<size_t>(std::max<ssize_t>(0, ::recv(b.get(), second.data(), second.size(), 0))));
      },
      [&] {
        for (int i = 0; i < 2; ++i) {
          char data[16];
          sockaddr_in peer{};
          socklen_t size = sizeof peer;
          const ssize_t n = ::recvfrom(server_.get(), data, sizeof data, 0, reinterpret_cast<sockaddr*>(&peer), &size);
          ::sendto(server_.get(), data, static_cast<size_t>(n), 0, reinterpret_cast<const sockaddr*>(&peer), size);
        }
      });
  EXPECT_EQ(first, "one");
  EXPECT_EQ(second, "two");
}

TEST(HeldPort, Names) {
  const std::string side = HostSide("udp", "::", 53);
  EXPECT_EQ(side, HostSide("udp", "", 53));
  EXPECT_EQ(side, HostSide("udp", "0.0.0.0", 53));
  EXPECT_NE(side, HostSide("udp", "127.0.0.1", 53));
  const std::string name = RelayName(side, {.address = "10.89.0.2", .port = 5353});
  const auto info = ParseRelayName(name);
  ASSERT_TRUE(info);
  EXPECT_TRUE(info->udp);
  EXPECT_EQ(info->host_side, side);
  EXPECT_EQ(info->target.address, "10.89.0.2");
  EXPECT_EQ(info->target.port, 5353);
  EXPECT_TRUE(Holds(name, side));
  EXPECT_TRUE(Holds(HoldName(side, false), side));
  EXPECT_FALSE(Holds(HoldName(HostSide("udp", "", 530), false), side)) << "not a port that only begins alike";
  EXPECT_FALSE(ParseRelayName(HoldName(side, true)));
  EXPECT_FALSE(ParseRelayName("relay tcp * 80 > nowhere"));
}

TEST(RelayAddress, OfBothFamilies) {
  EXPECT_EQ(RelayAddress::Of({.address = "10.0.0.1", .port = 80})->size, sizeof(sockaddr_in));
  EXPECT_EQ(RelayAddress::Of({.address = "fd00::1", .port = 80})->size, sizeof(sockaddr_in6));
  EXPECT_FALSE(RelayAddress::Of({.address = "localhost", .port = 80}));
}

}  // namespace
}  // namespace skiff::supervisor
