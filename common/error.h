// Errors as values: what failed, why, and through which steps.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skiff::common {

// What kind of failure it is; callers branch on this, people read the message.
enum class ErrorCode {
  kInternal,       // a bug, or a system call failed unexpectedly
  kInvalid,        // the input (flag, file, image, database) is wrong
  kNotFound,       // the named thing does not exist
  kExists,         // the name or resource is taken
  kBusy,           // in use or in the wrong state for this
  kUnsupported,    // this machine or program cannot do it
  kPermission,     // more rights are needed
  kUnavailable,    // a peer, program or resource is missing now; trying again may help
  kTimeout,
  kCommandNotFound,      // the container's command does not exist (exit code 127)
  kCommandNotExecutable, // it exists and cannot be run (exit code 126)
};

// A place in a source text; line and column count from 1, 0 means unknown.
struct SourcePosition {
  std::string file;
  int line = 0;
  int column = 0;
};

// One failure. message() reads from the outermost step to the root cause:
// "start pod \"web\": create bridge skiff0: RTM_NEWLINK: Operation not permitted".
class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  // Appends ": strerror(errno_value)" and picks a code that fits errno_value (ENOENT gives kNotFound, and so on).
  static Error FromErrno(int errno_value, std::string_view what);

  ErrorCode code() const { return code_; }
  // errno of the system call at the root, 0 where there was none.
  int errno_value() const { return errno_value_; }
  const std::string& message() const { return message_; }
  const std::optional<SourcePosition>& position() const { return position_; }

  // Puts "context: " in front.
  Error&& Wrap(std::string_view context) &&;
  // Tells of what also failed while cleaning up after this error.
  Error&& AlsoFailed(const Error& cleanup) &&;
  Error&& At(SourcePosition position) &&;

 private:
  ErrorCode code_;
  int errno_value_ = 0;
  std::string message_;
  std::optional<SourcePosition> position_;
};

template <typename... Args>
Error MakeError(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return Error(code, fmt::format(format, std::forward<Args>(args)...));
}

// Takes errno as it is at the call: call it before anything else can change errno.
template <typename... Args>
Error ErrnoError(fmt::format_string<Args...> format, Args&&... args) {
  const int saved = errno;
  return Error::FromErrno(saved, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace skiff::common
