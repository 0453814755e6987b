#include "manifests/loader.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>

#include "common/file.h"
#include "kube/model/decode.h"
#include "kube/model/text.h"
#include "manifests/yaml_reader.h"

namespace skiff::manifests {

namespace {

using common::ErrorCode;
using common::MakeError;
using kube::Diagnostic;
using kube::Severity;
using kube::Value;

constexpr size_t kLargestFile = 16u << 20;

kube::UnknownFields UnknownFieldsOf(Validation validation) {
  switch (validation) {
    case Validation::kStrict:
      return kube::UnknownFields::kError;
    case Validation::kWarn:
      return kube::UnknownFields::kWarning;
    case Validation::kIgnore:
      return kube::UnknownFields::kIgnore;
  }
  return kube::UnknownFields::kError;
}

// One text on its way into objects and diagnostics.
class TextLoader {
 public:
  TextLoader(std::string text, const std::string& name, const LoadOptions& options, Loaded& loaded)
      : shared_text_(std::make_shared<const std::string>(std::move(text))),
        text_(*shared_text_),
        name_(name),
        options_(options),
        loaded_(loaded) {}

  void Run() {
    const size_t first = loaded_.diagnostics.size();
    Read();
    std::stable_sort(loaded_.diagnostics.begin() + static_cast<std::ptrdiff_t>(first),
                     loaded_.diagnostics.end(), [](const Diagnostic& a, const Diagnostic& b) {
                       return std::pair(a.position.line, a.position.column) <
                              std::pair(b.position.line, b.position.column);
                     });
  }

 private:
  void Read() {
    if (text_.find('\0') != text_.npos) {
      Add(Severity::kError, {}, "not a text file (it holds a zero byte)");
      return;
    }
    const YamlText yaml = ReadYaml(text_);
    for (const SyntaxError& error : yaml.errors) Add(Severity::kError, error.mark, error.message);
    for (const Value& document : yaml.documents) AddValue(document);
    if (yaml.documents.empty() && yaml.errors.empty() && options_.require_objects) {
      Add(Severity::kError, {}, "no Kubernetes objects in it");
    }
  }

  void AddValue(const Value& value) {
    const Value* kind = value.Find("kind");
    const Value* items = value.Find("items");
    const bool list = kind != nullptr && kind->is(Value::Kind::kString) && kind->text().ends_with("List");
    if (list && (items == nullptr || items->is(Value::Kind::kList) || items->is(Value::Kind::kNull))) {
      AddList(value, items);
      return;
    }
    kube::Decoded decoded = kube::DecodeObject(value, name_, UnknownFieldsOf(options_.validation));
    for (kube::Finding& finding : decoded.findings)
      Add(finding.severity, finding.mark, std::move(finding.message));
    if (!decoded.object) return;
    decoded.object->text = shared_text_;
    loaded_.objects.push_back(std::move(*decoded.object));
  }

  void AddList(const Value& list, const Value* items) {
    for (const Value::Entry& entry : list.entries()) {
      static const std::vector<std::string_view> kFields{"apiVersion", "kind", "metadata", "items"};
      if (std::find(kFields.begin(), kFields.end(), entry.key) != kFields.end()) continue;
      if (options_.validation == Validation::kIgnore) continue;
      Add(options_.validation == Validation::kStrict ? Severity::kError : Severity::kWarning, entry.key_mark,
          fmt::format("unknown field {} in List{}", kube::QuoteText(entry.key),
                      kube::DidYouMean(entry.key, kFields)));
    }
    if (items == nullptr) return;
    for (const Value& item : items->items()) AddValue(item);
  }

  void Add(Severity severity, kube::Mark mark, std::string message) {
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.position = {name_, mark.line, mark.column};
    diagnostic.message = std::move(message);
    diagnostic.source_line = kube::SourceLine(text_, mark.line);
    loaded_.diagnostics.push_back(std::move(diagnostic));
  }

  const std::shared_ptr<const std::string> shared_text_;
  const std::string& text_;
  const std::string& name_;
  const LoadOptions& options_;
  Loaded& loaded_;
};

bool IsManifest(const std::string& name) {
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

common::Result<> CollectFiles(const std::string& path, const LoadOptions& options, bool named,
                              std::vector<std::string>& files) {
  struct stat status {};
  if (path == "-" && named) {
    files.push_back(path);
    return {};
  }
  if (named && (path.starts_with("http://") || path.starts_with("https://"))) {
    return MakeError(ErrorCode::kInvalid, "{}: addresses are not fetched; write `curl -fsSL {} | skiff kube ... -`", path,
                     path);
  }
  if (::stat(path.c_str(), &status) != 0) return common::ErrnoError("{}", path);
  if (!S_ISDIR(status.st_mode)) {
    if (named || IsManifest(path)) files.push_back(path);
    return {};
  }
  if (!named && !options.recursive) return {};
  ASSIGN_OR_RETURN(const std::vector<std::string> names, common::ListDirectory(path));
  for (const std::string& name : names) {
    TRY(CollectFiles(common::JoinPath(path, name), options, false, files));
  }
  return {};
}

common::Result<std::string> ReadSource(const std::string& file) {
  if (file == "-") return common::ReadAll(STDIN_FILENO, kLargestFile);
  return common::ReadFile(file, kLargestFile);
}

// Warnings alone would look like success although nothing runs.
void RequireObjects(const std::string& name, Loaded& loaded) {
  const bool told = std::any_of(loaded.diagnostics.begin(), loaded.diagnostics.end(),
                                [](const Diagnostic& d) { return d.severity == Severity::kError; });
  if (!loaded.objects.empty() || told) return;
  Diagnostic diagnostic;
  diagnostic.position = {name, 0, 0};
  diagnostic.message = "no object of a kind that this version of skiff supports";
  loaded.diagnostics.push_back(std::move(diagnostic));
}

// Two objects of one name in one play would fight over it.
void FindDuplicates(Loaded& loaded) {
  std::map<std::string, common::SourcePosition> seen;
  for (const kube::Object& object : loaded.objects) {
    const kube::ObjectMeta& metadata = object.metadata();
    if (metadata.name.empty()) continue;
    const std::string key = fmt::format("{} {}/{}", object.kind(), metadata.kube_namespace, metadata.name);
    const auto [first, is_new] = seen.emplace(key, object.position);
    if (is_new) continue;
    Diagnostic diagnostic;
    diagnostic.position = object.PositionOf("metadata.name");
    diagnostic.source_line = kube::SourceLine(*object.text, diagnostic.position.line);
    diagnostic.message = fmt::format("{} {} in namespace {} is already defined at {}:{}:{}", object.kind(),
                                     kube::QuoteText(metadata.name), metadata.kube_namespace,
                                     first->second.file, first->second.line, first->second.column);
    loaded.diagnostics.push_back(std::move(diagnostic));
  }
}

}  // namespace

common::Result<Validation> ParseValidation(const std::string& text) {
  if (text == "strict" || text == "true") return Validation::kStrict;
  if (text == "warn") return Validation::kWarn;
  if (text == "ignore" || text == "false") return Validation::kIgnore;
  return MakeError(ErrorCode::kInvalid, "--validate must be strict, warn or ignore, not {}",
                   kube::QuoteText(text));
}

Loaded LoadText(const std::string& text, const std::string& name, const LoadOptions& options) {
  Loaded loaded;
  TextLoader(text, name, options, loaded).Run();
  if (options.require_objects) RequireObjects(name, loaded);
  FindDuplicates(loaded);
  return loaded;
}

common::Result<Loaded> Load(const std::vector<std::string>& sources, const LoadOptions& options) {
  std::vector<std::string> files;
  for (const std::string& source : sources) {
    const size_t before = files.size();
    TRY(CollectFiles(source, options, true, files));
    if (files.size() == before && options.require_objects) {
      return MakeError(ErrorCode::kNotFound, "{}: the folder holds no .yaml, .yml or .json file", source);
    }
  }
  Loaded loaded;
  for (const std::string& file : files) {
    ASSIGN_OR_RETURN(std::string text, ReadSource(file), "read manifest");
    TextLoader(std::move(text), file, options, loaded).Run();
  }
  if (options.require_objects && !files.empty()) RequireObjects(files.back(), loaded);
  FindDuplicates(loaded);
  return loaded;
}

}  // namespace skiff::manifests
