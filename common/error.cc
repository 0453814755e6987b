#include "common/error.h"

#include <sys/resource.h>

#include <cerrno>
#include <cstring>

namespace skiff::common {
namespace {

ErrorCode CodeOf(int errno_value) {
  switch (errno_value) {
    case ENOENT:
    case ENODEV:
    case ESRCH:
      return ErrorCode::kNotFound;
    case EEXIST:
    case EADDRINUSE:
      return ErrorCode::kExists;
    case EBUSY:
    case EAGAIN:
      return ErrorCode::kBusy;
    case EPERM:
    case EACCES:
      return ErrorCode::kPermission;
    case ENOSYS:
    case EOPNOTSUPP:
      return ErrorCode::kUnsupported;
    case EMFILE:
    case ENFILE:
      return ErrorCode::kUnavailable;
    case ETIMEDOUT:
      return ErrorCode::kTimeout;
    default:
      return ErrorCode::kInternal;
  }
}

// "Too many open files" leaves open whose, and what can be done.
std::string TextOf(int errno_value) {
  if (errno_value == EMFILE) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return fmt::format("this program has as many open files as it may ({}): raise its limit (ulimit -n, LimitNOFILE=)",
                       limit.rlim_cur);
  }
  if (errno_value == ENFILE)
    return "the machine has as many open files as it may: raise the limit (sysctl fs.file-max) or end programs that hold many";
  return strerror(errno_value);
}

}  // namespace

Error Error::FromErrno(int errno_value, std::string_view what) {
  Error error(CodeOf(errno_value), fmt::format("{}: {}", what, TextOf(errno_value)));
  error.errno_value_ = errno_value;
  return error;
}

Error&& Error::Wrap(std::string_view context) && {
  message_ = fmt::format("{}: {}", context, message_);
  return std::move(*this);
}

Error&& Error::AlsoFailed(const Error& cleanup) && {
  message_ += fmt::format(" (and cleaning up failed: {})", cleanup.message());
  return std::move(*this);
}

Error&& Error::At(SourcePosition position) && {
  position_ = std::move(position);
  return std::move(*this);
}

}  // namespace skiff::common
