#include "network/netns.h"

#include <sched.h>

#include <thread>

namespace skiff::network {

using common::Result;

Result<> InNetworkNamespace(int netns_fd, const std::function<Result<>()>& work) {
  Result<> result;
  std::thread([&] {
    if (::setns(netns_fd, CLONE_NEWNET) != 0)
      result = common::ErrnoError("enter the network namespace");
    else
      result = work();
  }).join();
  return result;
}

}  // namespace skiff::network
