// Real sockets on free ports of the loopback address.
#include "network/host_ports.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "common/file.h"

namespace skiff::network {
namespace {

using common::UniqueFd;

const auto kNoPod = [](const Port&) { return std::string(); };

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return name;
}

int Bind(int fd, uint16_t port) {
  const sockaddr_in name = Loopback(port);
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name);
}

uint16_t PortOf(int fd) {
  sockaddr_in name{};
  socklen_t size = sizeof name;
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size), 0);
  return ntohs(name.sin_port);
}

UniqueFd Tcp() { return UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

uint16_t FreePort() {
  const UniqueFd fd = Tcp();
  EXPECT_EQ(Bind(fd.get(), 0), 0);
  return PortOf(fd.get());
}

TEST(HostPorts, KeepsThePortFromProgramsThatReuseAddresses) {
  const uint16_t port = FreePort();
  const auto held = BindHostPort({"127.0.0.1", port, 80, "tcp"}, "/proc", kNoPod);
  ASSERT_TRUE(held) << held.error().message();
  EXPECT_EQ(held->size(), 1u);
  const UniqueFd other = Tcp();
  const int on = 1;
  ::setsockopt(other.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool listens = Bind(other.get(), port) == 0 && ::listen(other.get(), 1) == 0;
  EXPECT_FALSE(listens);
  EXPECT_EQ(errno, EADDRINUSE);
}

TEST(HostPorts, NamesProgramOrPod) {
  const UniqueFd server = Tcp();
  ASSERT_EQ(Bind(server.get(), 0), 0);
  ASSERT_EQ(::listen(server.get(), 1), 0);
  const Port port{"127.0.0.1", PortOf(server.get()), 80, "tcp"};
  const auto taken = BindHostPort(port, "/proc", kNoPod);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), common::ErrorCode::kExists);
  EXPECT_EQ(taken.error().message(), fmt::format("port 127.0.0.1:{}/tcp is in use by network_test (pid {})",
                                                 port.host_port, ::getpid()));
  const auto by_pod = BindHostPort(port, "/proc", [](const Port&) { return std::string("web"); });
  ASSERT_FALSE(by_pod);
  EXPECT_THAT(by_pod.error().message(), ::testing::EndsWith("is in use by pod web"));
}

TEST(HostPorts, WaitsForAHolderThatIsJustEnding) {
  UniqueFd ending = Tcp();
  ASSERT_EQ(Bind(ending.get(), 0), 0);
  ASSERT_EQ(::listen(ending.get(), 1), 0);
  const Port port{"127.0.0.1", PortOf(ending.get()), 80, "tcp"};
  const std::string proc = ::testing::TempDir() + "/proc-of-ending";
  ASSERT_TRUE(common::MakeDirectories(proc + "/net"));
  const auto table = common::ReadFile("/proc/net/tcp");  // the socket is there, its process has no descriptors any more
  ASSERT_TRUE(table);
  ASSERT_TRUE(common::WriteFile(proc + "/net/tcp", *table));
  std::thread end([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ending.Reset();
  });
  const auto held = BindHostPort(port, proc, kNoPod);
  end.join();
  EXPECT_TRUE(held) << held.error().message();
  const auto never = BindHostPort(port, proc, kNoPod);
  ASSERT_FALSE(never);
  EXPECT_THAT(never.error().message(), ::testing::EndsWith("is in use by a program that cannot be seen from here"));
}

TEST(HostPorts, PastConnectionsDoNotBlock) {
  uint16_t port;
  {
    const UniqueFd server = Tcp();
    const int on = 1;
    ::setsockopt(server.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ASSERT_EQ(Bind(server.get(), 0), 0);
    ASSERT_EQ(::listen(server.get(), 1), 0);
    port = PortOf(server.get());
    const UniqueFd client = Tcp();
    const sockaddr_in name = Loopback(port);
    ASSERT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    UniqueFd accepted(::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
    ASSERT_TRUE(accepted);
    accepted.Reset();  // the server ends it: TIME_WAIT stays on its port
    char byte;
    EXPECT_EQ(::read(client.get(), &byte, 1), 0);
  }
  const UniqueFd plain = Tcp();
  ASSERT_NE(Bind(plain.get(), port), 0) << "there is no TIME_WAIT to get over";
  const auto held = BindHostPort({"127.0.0.1", port, 80, "tcp"}, "/proc", kNoPod);
  EXPECT_TRUE(held) << held.error().message();
  const auto again =
      BindHostPort({"127.0.0.1", port, 80, "tcp"}, "/proc", [](const Port&) { return std::string("web"); });
  EXPECT_FALSE(again);
}

TEST(HostPorts, RefusesWhatCannotBe) {
  EXPECT_EQ(BindHostPort({"", 0, 80, "tcp"}, "/proc", kNoPod).error().message(),
            "publish container port 80: no host port");
  EXPECT_EQ(BindHostPort({"", 80, 80, "icmp"}, "/proc", kNoPod).error().message(),
            "publish port 80/icmp: protocols are tcp, udp and sctp");
  EXPECT_EQ(BindHostPort({"::1", 80, 80, "tcp"}, "/proc", kNoPod).error().code(),
            common::ErrorCode::kUnsupported);
  EXPECT_EQ(BindHostPort({"203.0.113.7", FreePort(), 80, "tcp"}, "/proc", kNoPod).error().code(),
            common::ErrorCode::kInvalid);
}

}  // namespace
}  // namespace skiff::network
