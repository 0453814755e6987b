#include "image/transfer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "common/file.h"
#include "common/ids.h"
#include "common/json.h"
#include "common/json_fields.h"
#include "common/process.h"
#include "image/transfer_error.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr int kInputFd = 3;  // where skiff-transfer finds our standard input

common::Command TransferCommand(const common::SystemPaths& paths, const char* verb) {
  common::Command command;
  command.argv = {paths.Program("skiff-transfer"), verb, "--graph-root", paths.graph_root, "--run-root", paths.storage_run,
                  "--config-dir", paths.config_dir};
  if (paths.rootless) command.argv.push_back("--rootless");
  return command;
}

void AddSource(common::Command& command, const std::string& source) {
  command.argv.push_back("--");
  if (source == "-") {
    command.argv.push_back(fmt::format("fd:{}", kInputFd));
    command.pass_fds.emplace_back(STDIN_FILENO, kInputFd);
  } else {
    command.argv.push_back(source.rfind("fd:", 0) == 0 ? "./" + source : source);
  }
}

// What it printed.
Result<std::string> RunTransfer(common::Command command, std::string_view input = {}) {
  ASSIGN_OR_RETURN(common::Output output, common::Run(std::move(command), input));
  if (output.status.signal != 0)
    return MakeError(ErrorCode::kInternal, "skiff-transfer was killed by signal {}; the store is as it was before",
                     output.status.signal);
  if (!output.status.ok()) return DecodeTransferError(output.err);
  return std::move(output.out);
}

Result<std::vector<LoadedImage>> RunForImages(common::Command command, std::string_view input = {}) {
  ASSIGN_OR_RETURN(const std::string output, RunTransfer(std::move(command), input));
  ASSIGN_OR_RETURN(const auto document, common::ParseJson(output, "skiff-transfer's result"));
  std::vector<LoadedImage> images;
  if (const common::JsonValue* list = common::FindArray(document, "images"))
    for (const auto& item : list->GetArray())
      images.push_back({std::string(common::GetString(item, "id")), common::GetStrings(item, "names")});
  if (images.empty()) return MakeError(ErrorCode::kInternal, "skiff-transfer gave no result");
  return images;
}

constexpr int kOutputFd = 4;

// A file that gets its name when it is whole; what is no regular file (a pipe, a terminal's device) is written as it is.
class OutputFile {
 public:
  static Result<OutputFile> Open(const std::string& path, bool replace) {
    OutputFile file;
    struct stat info;
    const bool exists = ::stat(path.c_str(), &info) == 0;
    if (exists && S_ISDIR(info.st_mode)) return MakeError(ErrorCode::kExists, "{} is a directory", path);
    if (exists && S_ISREG(info.st_mode) && info.st_size > 0 && !replace)
      return MakeError(ErrorCode::kExists, "{} exists; docker archives are not changed or replaced, remove it first", path);
    if (exists && !S_ISREG(info.st_mode)) {
      ASSIGN_OR_RETURN(file.fd_, common::Open(path, O_WRONLY));
      return file;
    }
    file.path_ = path;
    file.temporary_ = fmt::format("{}.{}", path, common::RandomHex(8));
    ASSIGN_OR_RETURN(file.fd_, common::Open(file.temporary_, O_WRONLY | O_CREAT | O_EXCL));
    return file;
  }
  OutputFile(OutputFile&& other) noexcept
      : fd_(std::move(other.fd_)), path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, {})) {}
  ~OutputFile() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }

  int fd() const { return fd_.get(); }
  Result<> Finish() {
    if (temporary_.empty()) return {};
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) return common::ErrnoError("create {}", path_);
    temporary_.clear();
    return {};
  }

 private:
  OutputFile() = default;
  common::UniqueFd fd_;
  std::string path_;
  std::string temporary_;  // empty: none, or it has its name
};

// The command writes to descriptor kOutputFd.
Result<> RunWithOutput(common::Command command, const std::string& output, bool replace) {
  if (output == "-") {
    command.pass_fds.emplace_back(STDOUT_FILENO, kOutputFd);
    TRY(RunTransfer(std::move(command)));
    return {};
  }
  ASSIGN_OR_RETURN(OutputFile file, OutputFile::Open(output, replace));
  command.pass_fds.emplace_back(file.fd(), kOutputFd);
  TRY(RunTransfer(std::move(command)));
  return file.Finish();
}

// Empty, or (for OCI layouts, which take further images) such a layout.
Result<> PrepareDirectory(const std::string& path, bool may_be_layout) {
  TRY(common::MakeDirectories(path));
  ASSIGN_OR_RETURN(const auto names, common::ListDirectory(path));
  if (names.empty() || (may_be_layout && common::PathExists(path + "/oci-layout"))) return {};
  return MakeError(ErrorCode::kExists, "the directory {} is not empty", path);
}

const char* FormatName(ArchiveFormat format) {
  switch (format) {
    case ArchiveFormat::kDockerArchive: return "docker-archive";
    case ArchiveFormat::kOciArchive: return "oci-archive";
    case ArchiveFormat::kOciDirectory: return "oci-dir";
    case ArchiveFormat::kDockerDirectory: return "docker-dir";
  }
  return "";
}

}  // namespace

Result<std::vector<LoadedImage>> LoadArchive(const common::SystemPaths& paths, const std::string& source) {
  if (source.empty()) return MakeError(ErrorCode::kInvalid, "the archive's name is empty");
  common::Command command = TransferCommand(paths, "load");
  AddSource(command, source);
  return RunForImages(std::move(command));
}

Result<LoadedImage> ImportTarball(const common::SystemPaths& paths, const std::string& source,
                                  const ImportOptions& options) {
  if (source.empty()) return MakeError(ErrorCode::kInvalid, "the tarball's name is empty");
  common::Command command = TransferCommand(paths, "import");
  if (!options.name.empty()) command.argv.insert(command.argv.end(), {"--name", options.name});
  if (!options.message.empty()) command.argv.insert(command.argv.end(), {"--message", options.message});
  for (const auto& change : options.changes) command.argv.insert(command.argv.end(), {"--change", change});
  AddSource(command, source);
  ASSIGN_OR_RETURN(const auto images, RunForImages(std::move(command)));
  return images.front();
}

Result<LoadedImage> CommitDirectory(const common::SystemPaths& paths, int directory, const CommitOptions& options) {
  common::Command command = TransferCommand(paths, "commit");
  command.argv.insert(command.argv.end(), {"--", fmt::format("fd:{}", kInputFd)});
  command.pass_fds.emplace_back(directory, kInputFd);
  ASSIGN_OR_RETURN(const auto images, RunForImages(std::move(command), common::EncodeJson(options)));
  return images.front();
}

Result<> ExportDirectory(const common::SystemPaths& paths, int directory, const std::string& output) {
  common::Command command = TransferCommand(paths, "export");
  command.argv.insert(command.argv.end(), {"--", fmt::format("fd:{}", kInputFd)});
  command.pass_fds.emplace_back(directory, kInputFd);
  return RunWithOutput(std::move(command), output, true);
}

Result<> SaveImages(const common::SystemPaths& paths, const std::vector<SavedImage>& images, const SaveOptions& options,
                    const std::string& output) {
  common::Command command = TransferCommand(paths, "save");
  command.argv.insert(command.argv.end(), {"--format", FormatName(options.format)});
  if (options.compress) command.argv.push_back("--compress");
  if (options.uncompressed) command.argv.push_back("--uncompressed");
  for (const auto& image : images) {
    command.argv.insert(command.argv.end(), {"--image", image.id});
    for (const auto& name : image.names) command.argv.insert(command.argv.end(), {"--name", name});
  }
  command.argv.push_back("--");
  if (options.format == ArchiveFormat::kOciDirectory || options.format == ArchiveFormat::kDockerDirectory) {
    TRY(PrepareDirectory(output, options.format == ArchiveFormat::kOciDirectory));
    command.argv.push_back(output);
    TRY(RunTransfer(std::move(command)));
    return {};
  }
  command.argv.push_back(fmt::format("fd:{}", kOutputFd));
  return RunWithOutput(std::move(command), output, options.format != ArchiveFormat::kDockerArchive);
}

}  // namespace skiff::image
