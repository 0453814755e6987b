#include "pod/supervisor/termination_message.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "common/file.h"
#include "pod/supervisor/safe_text.h"

namespace skiff::supervisor {

namespace {

constexpr size_t kMostBytes = 4096;
constexpr size_t kMostBytesOfPod = 12 * 1024;
constexpr size_t kMostLogLines = 80;
constexpr size_t kMostLogBytes = 2048;
constexpr size_t kLogTail = 32 * 1024;  // holds 80 lines of 2048 bytes in all, with their times

// The file's last bytes; empty when it cannot be read. The container may have put anything in its place but a symbolic
// link that we would follow.
std::string ReadEnd(const std::string& path, size_t most) {
  const auto file = common::Open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  struct stat info;
  if (!file || ::fstat(file->get(), &info) != 0 || !S_ISREG(info.st_mode)) return "";
  const off_t size = info.st_size;
  const off_t from = std::max<off_t>(0, size - static_cast<off_t>(most));
  std::string text(static_cast<size_t>(size - from), '\0');
  const ssize_t got = ::pread(file->get(), text.data(), text.size(), from);
  text.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

}  // namespace

std::string LogTail(std::string_view cri_text, size_t lines, size_t bytes) {
  std::vector<std::string> found(1);
  while (!cri_text.empty()) {
    const std::string_view line = cri_text.substr(0, cri_text.find('\n'));
    cri_text.remove_prefix(std::min(line.size() + 1, cri_text.size()));
    // "TIME STREAM TAG TEXT"; TAG is P for a part of a line that goes on.
    const size_t stream = line.find(' ');
    const size_t tag = stream == std::string_view::npos ? stream : line.find(' ', stream + 1);
    if (tag == std::string_view::npos || tag + 2 >= line.size() + 1) continue;
    const size_t text = line.find(' ', tag + 1);
    if (text != std::string_view::npos) found.back() += line.substr(text + 1);
    if (line[tag + 1] == 'F') {
      found.back() += '\n';
      found.emplace_back();
    }
  }
  if (found.back().empty()) found.pop_back();
  if (found.size() > lines) found.erase(found.begin(), found.end() - static_cast<ptrdiff_t>(lines));
  std::string out;
  for (const std::string& line : found) out += line;
  if (out.size() > bytes) out.erase(0, out.size() - bytes);
  return out;
}

std::string TerminationMessage(const ContainerPlan& plan, size_t containers_in_pod, const ContainerStatus& status) {
  if (plan.termination_message_file.empty()) return "";
  const size_t most = std::min(kMostBytes, kMostBytesOfPod / std::max<size_t>(containers_in_pod, 1));
  std::string message = ReadEnd(plan.termination_message_file, most);
  if (!message.empty() || !plan.message_from_log || status.exit_code == 0 || plan.log_dir.empty())
    return SafeText(message, most);
  const std::string log = ReadEnd(fmt::format("{}/{}.log", plan.log_dir, status.restart_count), kLogTail);
  return SafeText(LogTail(log, kMostLogLines, std::min(kMostLogBytes, most)), most);
}

}  // namespace skiff::supervisor
