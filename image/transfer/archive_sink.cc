#include "image/transfer/archive_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "common/file.h"
#include "common/ids.h"
#include "image/transfer/sha256.h"
#include "image/transfer/tar_writer.h"

namespace skiff::image {
namespace {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;

class TextSource : public ByteSource {
 public:
  explicit TextSource(std::string_view text) : text_(text) {}
  Result<std::string_view> Next() override { return std::exchange(text_, {}); }

 private:
  std::string_view text_;
};

// To the end of the content, which is verified there.
Result<int64_t> CopyTo(int fd, ByteSource& content) {
  int64_t size = 0;
  while (true) {
    ASSIGN_OR_RETURN(const std::string_view chunk, content.Next());
    if (chunk.empty()) return size;
    TRY(common::WriteAll(fd, chunk));
    size += static_cast<int64_t>(chunk.size());
  }
}

Result<> CopyExactly(int fd, ByteSource& content, int64_t size, const std::string& name) {
  ASSIGN_OR_RETURN(const int64_t copied, CopyTo(fd, content));
  if (copied == size) return {};
  return MakeError(ErrorCode::kInvalid, "{} has {} bytes, but the store's record says {}", name, copied, size);
}

class TarFile : public ArchiveSink {
 public:
  TarFile(int fd, std::string spool_directory) : ArchiveSink(std::move(spool_directory)), fd_(fd) {}

  bool Has(const std::string& name) const override { return names_.count(name) != 0; }

  Result<> Add(const std::string& name, ByteSource& content, int64_t size) override {
    TarEntry entry;
    entry.name = name;
    entry.mode = 0444;
    entry.size = size;
    TRY(common::WriteAll(fd_, TarHeader(entry)));
    TRY(CopyExactly(fd_, content, size, name));
    names_.insert(name);
    return common::WriteAll(fd_, TarPadding(size));
  }

  Result<> AddSpooled(const std::string& name, const SpooledBlob& blob) override {
    return Add(name, *ReadRange(blob.file.get(), 0, blob.size, name), blob.size);
  }

  Result<> Finish() override { return common::WriteAll(fd_, TarEnd()); }

 private:
  int fd_;
  std::set<std::string> names_;
};

class DirectoryFiles : public ArchiveSink {
 public:
  DirectoryFiles(UniqueFd directory, std::string name) : ArchiveSink(std::move(name)), directory_(std::move(directory)) {}

  bool Has(const std::string& name) const override {
    struct stat info;
    return ::fstatat(directory_.get(), name.c_str(), &info, 0) == 0;
  }

  Result<> Add(const std::string& name, ByteSource& content, int64_t size) override {
    const UniqueFd file(::openat(directory_.get(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644));
    if (!file) return ErrnoError("create {}", name);
    TRY(CopyExactly(file.get(), content, size, name));
    return Link(file.get(), name);
  }

  Result<> AddSpooled(const std::string& name, const SpooledBlob& blob) override { return Link(blob.file.get(), name); }

  Result<> Finish() override { return {}; }

 private:
  // Named only when it is whole.
  Result<> Link(int file, const std::string& name) {
    if (const size_t slash = name.rfind('/'); slash != std::string::npos)
      TRY(common::MakeDirectories(fmt::format("/proc/self/fd/{}/{}", directory_.get(), name.substr(0, slash))));
    const std::string unnamed = fmt::format("/proc/self/fd/{}", file);
    const std::string temporary = fmt::format("{}.{}", name, common::RandomHex(8));
    if (::fchmod(file, 0644) != 0 ||
        ::linkat(AT_FDCWD, unnamed.c_str(), directory_.get(), temporary.c_str(), AT_SYMLINK_FOLLOW) != 0 ||
        ::renameat(directory_.get(), temporary.c_str(), directory_.get(), name.c_str()) != 0)
      return ErrnoError("create {}/{}", spool_directory(), name);
    return {};
  }

  UniqueFd directory_;
};

}  // namespace

Result<> ArchiveSink::AddText(const std::string& name, std::string_view text) {
  TextSource source(text);
  return Add(name, source, static_cast<int64_t>(text.size()));
}

std::unique_ptr<ArchiveSink> TarSink(int fd, std::string spool_directory) {
  return std::make_unique<TarFile>(fd, std::move(spool_directory));
}

Result<std::unique_ptr<ArchiveSink>> DirectorySink(const std::string& directory) {
  ASSIGN_OR_RETURN(UniqueFd fd, common::Open(directory, O_RDONLY | O_DIRECTORY));
  return std::unique_ptr<ArchiveSink>(std::make_unique<DirectoryFiles>(std::move(fd), directory));
}

Result<SpooledBlob> Spool(const std::string& directory, std::unique_ptr<ByteSource> content) {
  SpooledBlob blob;
  ASSIGN_OR_RETURN(blob.file, common::Open(directory, O_TMPFILE | O_RDWR, 0600));
  DigestingSource digesting(std::move(content));
  ASSIGN_OR_RETURN(blob.size, CopyTo(blob.file.get(), digesting));
  blob.digest = digesting.Digest();
  return blob;
}

}  // namespace skiff::image
