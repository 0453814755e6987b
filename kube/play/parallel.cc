#include "kube/play/parallel.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>

namespace skiff::kube {

void RunTasks(const std::vector<BackendTask>& tasks, size_t workers, PodBackend& own, const BackendFactory& open_backend) {
  std::atomic<size_t> next = 0;
  const auto work = [&](PodBackend& backend) {
    for (size_t i = next++; i < tasks.size(); i = next++) tasks[i](backend);
  };
  const auto work_on_own_backend = [&] {
    if (auto backend = open_backend()) work(**backend);
  };
  std::vector<std::thread> threads;
  const size_t wanted = std::min(workers, tasks.size());
  try {
    while (threads.size() + 1 < wanted) threads.emplace_back(work_on_own_backend);
  } catch (const std::system_error&) {
    // Fewer threads do the same work.
  }
  work(own);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace skiff::kube
