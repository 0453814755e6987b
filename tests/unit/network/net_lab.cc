#include "net_lab.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "common/unique_fd.h"

namespace skiff::network {
namespace {

// Less than the second after which a lost packet of a connection is sent again.
constexpr int kTimeoutMs = 900;

void Enter(pid_t pid) {
  if (pid == kHere) return;
  const common::UniqueFd fd(
      ::open(("/proc/" + std::to_string(pid) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || ::setns(fd.get(), CLONE_NEWNET) != 0) ::_exit(99);
}

// Forks a child that ends with us; it tells through the pipe when it is ready and then runs on.
pid_t StartChild(const std::function<void()>& prepare, const std::function<void()>& run) {
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) std::abort();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // A copy would go on holding a port that the test has given back.
    const auto kept = static_cast<unsigned>(ready[1]);
    if (kept > 3) ::close_range(3, kept - 1, 0);
    ::close_range(kept + 1, ~0u, 0);
    prepare();
    if (::write(ready[1], "r", 1) != 1) ::_exit(98);
    run();
    ::_exit(0);
  }
  ::close(ready[1]);
  char byte;
  EXPECT_EQ(::read(ready[0], &byte, 1), 1) << "a helper process did not get ready";
  ::close(ready[0]);
  return pid;
}

void EndChild(pid_t pid) {
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

sockaddr_in Name(const std::string& address, int port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<uint16_t>(port));
  ::inet_pton(AF_INET, address.c_str(), &name.sin_addr);
  return name;
}

std::string PeerText(const sockaddr_in& peer) {
  char text[INET_ADDRSTRLEN];
  return ::inet_ntop(AF_INET, &peer.sin_addr, text, sizeof text);
}

void Serve(int fd, bool udp) {
  while (true) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    auto* name = reinterpret_cast<sockaddr*>(&peer);
    if (udp) {
      char byte;
      if (::recvfrom(fd, &byte, 1, 0, name, &size) < 0) continue;
      const std::string text = PeerText(peer);
      ::sendto(fd, text.data(), text.size(), 0, name, size);
    } else {
      const common::UniqueFd connection(::accept4(fd, name, &size, SOCK_CLOEXEC));
      if (!connection) continue;
      const std::string text = PeerText(peer);
      if (::write(connection.get(), text.data(), text.size()) < 0) continue;
    }
  }
}

std::string Exchange(const std::string& protocol, const std::string& address, int port) {
  const bool udp = protocol == "udp";
  const common::UniqueFd fd(::socket(AF_INET, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0));
  const timeval limit{0, kTimeoutMs * 1000};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const sockaddr_in name = Name(address, port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0)
    return std::string("failed: connect: ") + std::strerror(errno);
  if (udp && ::send(fd.get(), "?", 1, 0) != 1) return std::string("failed: send: ") + std::strerror(errno);
  char buffer[64];
  const ssize_t n = ::recv(fd.get(), buffer, sizeof buffer, 0);
  if (n <= 0) return std::string("failed: receive: ") + (n == 0 ? "end" : std::strerror(errno));
  return std::string(buffer, static_cast<size_t>(n));
}

}  // namespace

LabNamespace::LabNamespace() {
  pid_ = StartChild(
      [] {
        if (::unshare(CLONE_NEWNET) != 0) ::_exit(97);
      },
      [] {
        while (true) ::pause();
      });
}

LabNamespace::~LabNamespace() { EndChild(pid_); }

LabServer::LabServer(pid_t pid, const std::string& protocol, const std::string& address, int port) {
  const bool udp = protocol == "udp";
  int fd = -1;
  server_ = StartChild(
      [&] {
        Enter(pid);
        fd = ::socket(AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM, 0);
        const int on = 1;
        ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        const sockaddr_in name = Name(address, port);
        if (::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) ::_exit(96);
        if (!udp && ::listen(fd, 64) != 0) ::_exit(95);
      },
      [&] { Serve(fd, udp); });
}

LabServer::~LabServer() { EndChild(server_); }

std::string RunIn(pid_t pid, const std::function<std::string()>& body) {
  int channel[2];
  if (::pipe2(channel, O_CLOEXEC) != 0) std::abort();
  const pid_t child = ::fork();
  if (child == 0) {
    Enter(pid);
    const std::string answer = body();
    ::_exit(::write(channel[1], answer.data(), answer.size()) == static_cast<ssize_t>(answer.size()) ? 0 : 1);
  }
  ::close(channel[1]);
  std::string answer;
  char buffer[4096];
  ssize_t n;
  while ((n = ::read(channel[0], buffer, sizeof buffer)) > 0) answer.append(buffer, static_cast<size_t>(n));
  ::close(channel[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0) << "the helper process in namespace of pid " << pid << " failed";
  return answer;
}

std::string Ask(pid_t pid, const std::string& protocol, const std::string& address, int port) {
  return RunIn(pid, [&] { return Exchange(protocol, address, port); });
}

std::string Shell(const std::string& command, pid_t pid) {
  return RunIn(pid, [&]() -> std::string {
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    std::string output;
    char buffer[4096];
    size_t n;
    while ((n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0) output.append(buffer, n);
    if (::pclose(pipe) == 0) return output;
    return "COMMAND FAILED: " + command + "\n" + output;
  });
}

}  // namespace skiff::network
