#include "image/transfer/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace skiff::image {

using common::Result;

Result<> RunWorkers(size_t count, unsigned at_once, const std::function<Result<>(size_t)>& work) {
  constexpr unsigned kMaxWorkers = 6;
  if (at_once == 0) at_once = std::clamp(std::thread::hardware_concurrency(), 1u, kMaxWorkers);
  const size_t workers = std::min<size_t>(count, at_once);
  std::vector<Result<>> results(count);
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  const auto run = [&] {
    for (size_t i; !failed && (i = next++) < count;) {
      results[i] = work(i);
      if (!results[i]) failed = true;
    }
  };
  std::vector<std::thread> threads;
  for (size_t i = 1; i < workers; ++i) threads.emplace_back(run);
  run();
  for (auto& thread : threads) thread.join();
  for (auto& result : results) TRY(std::move(result));
  return {};
}

}  // namespace skiff::image
