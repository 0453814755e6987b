// Whole-file operations. Every descriptor is born close-on-exec.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"

namespace skiff::common {

// open(2) with O_CLOEXEC added. The error names the path.
Result<UniqueFd> Open(const std::string& path, int flags, mode_t mode = 0644);

// The whole file; works for /proc and pipes. kNotFound if absent, kInvalid if larger than `limit` bytes.
Result<std::string> ReadFile(const std::string& path, size_t limit = 64u << 20);
Result<std::string> ReadAll(int fd, size_t limit = 64u << 20);
// Writes all bytes, resuming short writes and EINTR.
Result<> WriteAll(int fd, std::string_view data);
// A file without a name (memfd_create(2)) that holds `data`, to be read from its beginning: for what may hold passwords, or is
// more than a pipe takes at once.
Result<UniqueFd> MemoryFile(std::string_view data);
// Truncates and writes in place (keeps the inode: for bind-mounted files and cgroup files).
Result<> WriteFile(const std::string& path, std::string_view data, mode_t mode = 0644);
// Readers see the old or the new content, never a part: temporary file in the same directory, then rename.
Result<> WriteFileAtomic(const std::string& path, std::string_view data, mode_t mode = 0644);

// mkdir -p; an existing directory is fine.
Result<> MakeDirectories(const std::string& path, mode_t mode = 0755);
bool PathExists(const std::string& path);  // does not follow a last symlink
// rm -rf that never follows symlinks and never crosses into another mount. Absent is fine.
Result<> RemoveTree(const std::string& path);
// unlink; absent is fine.
Result<> RemoveFile(const std::string& path);
// Names (not paths) in a directory, sorted, without "." and "..". kNotFound if absent.
Result<std::vector<std::string>> ListDirectory(const std::string& path);
Result<std::string> ReadLink(const std::string& path);

// "a/b" from "a" and "b"; an absolute `b` replaces `a`.
std::string JoinPath(std::string_view a, std::string_view b);

}  // namespace skiff::common
