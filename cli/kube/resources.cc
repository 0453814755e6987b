#include "cli/kube/resources.h"

#include <algorithm>

#include "cli/kube/manifest_input.h"
#include "cli/notation/text.h"
#include "kube/play/object_key.h"
#include "kube/translate/value_access.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

Result<std::vector<const kube::ResourceKind*>> ParseKinds(const std::string& text) {
  std::vector<const kube::ResourceKind*> kinds;
  const auto add = [&](const kube::ResourceKind* kind) {
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
  };
  for (const std::string& word : Split(text, ',')) {
    if (word == "all") {
      for (const std::string_view kind : kube::KindsOfAll()) add(kube::FindResourceKind(kind));
      continue;
    }
    const kube::ResourceKind* kind = kube::FindResourceKind(word);
    if (kind == nullptr) return NoSuchResource(word);
    add(kind);
  }
  return kinds;
}

}  // namespace

bool ResourceQuery::several_kinds() const {
  if (kinds.size() > 1) return true;
  return std::any_of(refs.begin(), refs.end(),
                     [&](const ResourceRef& ref) { return ref.kind != refs.front().kind; });
}

void ResourceFlags::Declare(Arguments& a, bool with_files) {
  kube_namespace.Declare(a);
  a.Value("-l,--selector", labels, "selector",
          "Only objects with these labels: a=b, a!=b, a, !a, a in (b,c), a notin (b,c)");
  a.Value("--field-selector", fields, "selector",
          "Only objects with these fields: metadata.name=web,status.phase!=Running");
  if (with_files)
    a.List("-f,--filename", files, "file", "The objects of a file, a folder, or - for standard input",
           ListStyle::kCommaSeparated);
  a.Operands(operands, 0);
}

Result<ResourceQuery> ResourceFlags::Query() const {
  ResourceQuery query;
  query.kube_namespace = kube_namespace.Wanted();
  ASSIGN_OR_RETURN(query.labels, kube::ParseLabelSelector(labels));
  ASSIGN_OR_RETURN(query.fields, kube::FieldSelector::Parse(fields));
  if (!files.empty()) {
    if (!operands.empty())
      return MakeError(ErrorCode::kInvalid, "name objects, or give --filename, not both");
    manifests::LoadOptions load;
    load.validation = manifests::Validation::kIgnore;
    ASSIGN_OR_RETURN(const auto objects, LoadObjects(files, load));
    for (const kube::Object& object : objects) {
      const kube::ObjectKey key = kube::KeyOf(object);
      const kube::ResourceKind* kind = kube::FindResourceKind(key.kind);
      if (kind == nullptr) return NoSuchResource(key.kind);
      query.refs.push_back({kind, key.kube_namespace, key.name});
    }
    return query;
  }
  if (operands.empty())
    return MakeError(
        ErrorCode::kInvalid,
        "You must specify the type of resource, for example pods, deployments, services, configmaps or all");
  if (operands.front().find('/') != std::string::npos) {
    for (const std::string& operand : operands) {
      const auto [word, name] = SplitPair(operand, '/');
      if (name.empty())
        return MakeError(ErrorCode::kInvalid,
                         "there is no need to specify a resource type as a separate argument when "
                         "passing arguments in resource/name form: write TYPE/NAME for \"{}\"",
                         operand);
      const kube::ResourceKind* kind = kube::FindResourceKind(word);
      if (kind == nullptr) return NoSuchResource(word);
      query.refs.push_back({kind, kube_namespace.name, name});
    }
  } else {
    ASSIGN_OR_RETURN(query.kinds, ParseKinds(operands.front()));
    for (size_t i = 1; i < operands.size(); ++i) {
      if (operands[i].find('/') != std::string::npos)
        return MakeError(ErrorCode::kInvalid,
                         "there is no need to specify a resource type as a separate argument when passing "
                         "arguments in resource/name form");
      for (const kube::ResourceKind* kind : query.kinds)
        query.refs.push_back({kind, kube_namespace.name, operands[i]});
    }
    if (!query.refs.empty()) query.kinds.clear();
  }
  if (query.by_name() && !labels.empty())
    return MakeError(ErrorCode::kInvalid, "name cannot be provided when a selector is specified");
  if (query.by_name() && kube_namespace.all)
    return MakeError(ErrorCode::kInvalid, "a resource cannot be retrieved by name across all namespaces");
  for (const kube::ResourceKind* kind : query.kinds) TRY(query.fields.CheckFor(kind->kind));
  return query;
}

Result<FoundObjects> FindObjects(kube::LiveObjects& live, const ResourceQuery& query) {
  FoundObjects found;
  for (const kube::ResourceKind* kind : query.kinds) {
    ASSIGN_OR_RETURN(std::vector<kube::Value> objects, live.List(kind->kind, query.kube_namespace));
    for (kube::Value& object : objects) {
      if (query.labels.Matches(kube::LabelsOf(object)) && query.fields.Matches(object))
        found.objects.push_back({kind, std::move(object)});
    }
  }
  for (const ResourceRef& ref : query.refs) {
    ASSIGN_OR_RETURN(std::optional<kube::Value> object,
                     live.Get(ref.kind->kind, ref.kind->namespaced ? ref.kube_namespace : "", ref.name));
    if (!object)
      found.missing.push_back(ref);
    else if (query.fields.Matches(*object))
      found.objects.push_back({ref.kind, std::move(*object)});
  }
  return found;
}

std::string QualifiedName(const FoundObject& found) {
  return found.kind->QualifiedSingular() + "/" + kube::TextAt(found.object, "metadata.name");
}

}  // namespace skiff::cli
