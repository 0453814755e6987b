// Work on a thread of its own, whose result is waited for later.
#pragma once

#include <optional>
#include <thread>
#include <utility>

#include "common/result.h"

namespace skiff::common {

// For what spends its time waiting for the kernel. The destructor waits for the end of the work as well.
template <typename T = void>
class Background {
 public:
  template <typename Work>
  explicit Background(Work work) : thread_([this, work = std::move(work)] { result_.emplace(work()); }) {}
  ~Background() {
    if (thread_.joinable()) thread_.join();
  }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // Once.
  Result<T> Take() {
    thread_.join();
    return std::move(*result_);
  }

 private:
  std::optional<Result<T>> result_;
  std::thread thread_;  // last: it uses the result
};

}  // namespace skiff::common
