// Requests to the kernel's routing netlink family (rtnetlink(7)), over libnl.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"

struct nl_msg;
struct nl_sock;
struct nlmsghdr;

namespace skiff::network {

// A request under construction.
class RtnlMessage {
 public:
  // `flags` of netlink(7); NLM_F_REQUEST and NLM_F_ACK are added when it is sent.
  RtnlMessage(int type, int flags);

  // The family's fixed header (ifinfomsg, ifaddrmsg, rtmsg), before any attribute.
  template <typename Header>
  RtnlMessage& Append(const Header& header) {
    return AppendBytes(&header, sizeof header);
  }
  RtnlMessage& Put(int attribute, const void* data, size_t size);
  RtnlMessage& PutU8(int attribute, uint8_t value) { return Put(attribute, &value, sizeof value); }
  RtnlMessage& PutU32(int attribute, uint32_t value) { return Put(attribute, &value, sizeof value); }
  RtnlMessage& PutString(int attribute, const std::string& value) {
    return Put(attribute, value.c_str(), value.size() + 1);
  }
  // Attributes and headers put by `fill` become the content of one attribute.
  RtnlMessage& Nest(int attribute, const std::function<void(RtnlMessage&)>& fill);

 private:
  friend class RtnlSocket;
  struct Deleter {
    void operator()(nl_msg* message) const;
  };
  RtnlMessage& AppendBytes(const void* data, size_t size);

  std::unique_ptr<nl_msg, Deleter> message_;
  bool complete_ = true;  // everything fitted in
};

// One socket, bound for life to the network namespace in which it was opened.
class RtnlSocket {
 public:
  static common::Result<RtnlSocket> Open();
  // In another namespace.
  static common::Result<RtnlSocket> OpenIn(int netns_fd);
  RtnlSocket(RtnlSocket&&) noexcept;
  RtnlSocket& operator=(RtnlSocket&&) noexcept;
  ~RtnlSocket();

  // Sends and waits for the acknowledgement. The error carries the kernel's errno and, where it gave one, its
  // own words.
  common::Result<> Transact(RtnlMessage message, std::string_view what);
  // As Transact; each message of the answer goes to `visit`.
  common::Result<> Query(RtnlMessage message, std::string_view what,
                         const std::function<void(nlmsghdr*)>& visit);

 private:
  struct State;
  RtnlSocket();
  common::Result<> Connect();

  std::unique_ptr<State> state_;
};

}  // namespace skiff::network
