// Network namespaces with servers and clients in them, for tests that look at real packets.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace skiff::network {

// A process that is alone in a new network namespace, until destruction.
class LabNamespace {
 public:
  LabNamespace();
  ~LabNamespace();
  LabNamespace(const LabNamespace&) = delete;
  LabNamespace& operator=(const LabNamespace&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

// Our own namespace.
constexpr pid_t kHere = 0;

// A server of the namespace of `pid` that answers every connection (tcp) or datagram (udp) with the address
// of the peer, as it sees it. It is ready when the constructor returns and ends with destruction.
class LabServer {
 public:
  LabServer(pid_t pid, const std::string& protocol, const std::string& address, int port);
  ~LabServer();
  LabServer(const LabServer&) = delete;
  LabServer& operator=(const LabServer&) = delete;

 private:
  pid_t server_ = -1;
};

// The server's answer to a client in the namespace of `pid`, or "failed: ..." after 0.9 s.
std::string Ask(pid_t pid, const std::string& protocol, const std::string& address, int port);

// What `body` returns when it runs in a process of its own in the namespace of `pid`.
std::string RunIn(pid_t pid, const std::function<std::string()>& body);

// Output of a shell command in the namespace of `pid`; a failing one is a test failure.
std::string Shell(const std::string& command, pid_t pid = kHere);

}  // namespace skiff::network
