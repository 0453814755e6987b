// Locks by object: two commands that play or take down the same object at once take turns, others do not wait.
#pragma once

#include <set>
#include <string>

#include "common/result.h"
#include "common/unique_fd.h"
#include "kube/play/object_key.h"

namespace skiff::kube {

class ObjectLocks {
 public:
  // Creates the file if absent and waits for all locks. They are held until destruction; the kernel drops those of a killed
  // holder. The places of one file are the locks (fcntl(2), open file description locks), so that nothing is left behind.
  static common::Result<ObjectLocks> Acquire(const std::string& file, const std::set<ObjectKey>& keys);

  // kBusy instead of waiting.
  static common::Result<ObjectLocks> TryAcquire(const std::string& file, const ObjectKey& key);

  ObjectLocks() = default;  // of nothing

 private:
  explicit ObjectLocks(common::UniqueFd fd) : fd_(std::move(fd)) {}
  common::UniqueFd fd_;
};

}  // namespace skiff::kube
