"""Labels of a folder or zip of images, from its metadata or from its sub-folders."""

from dataclasses import dataclass, field

from gan_core.data.archives import abbreviate_names, printable_name
from gan_core.data.class_names import MAX_CLASSES, natural_key
from gan_core.data.folder_classes import classes_of_folders
from gan_core.data.metadata import Metadata, agree, of_all
from gan_core.data.metadata_values import label_name


@dataclass(frozen=True)
class Labels:
    """The label of each file and the names of the classes, both empty for an unlabelled data set.

    `warnings` are sentences on the metadata and on what is no label, or why there is none.
    """

    by_file: dict[str, int] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)


def infer_labels(metadata: Metadata, files: list[str]) -> Labels:
    """The labels of these files: those of the metadata or, without metadata, by folders (`classes_of_folders`).

    There are labels where every file has one and there are at least two classes and at most MAX_CLASSES, which are in
    natural order.
    """
    if metadata.source:
        class_names, warnings = labels_of_rows(metadata, files)
    else:
        class_names, warnings = classes_of_folders(files)
    classes = sorted(set(class_names.values()), key=natural_key)
    if len(classes) > MAX_CLASSES:
        warnings.append(
            f"There are {len(classes):,} classes ({abbreviate_names(classes)}), and at most {MAX_CLASSES:,} can be "
            "learnt: the data set is used without labels."
        )
        return Labels(warnings=metadata.warnings + warnings)
    labels = {name: index for index, name in enumerate(classes)}
    by_file = {file: labels[name] for file, name in class_names.items()}
    return Labels(by_file, tuple(classes), metadata.warnings + warnings)


def labels_of_rows(metadata: Metadata, files: list[str]) -> tuple[dict[str, str], list[str]]:
    """The name of each file's class in the metadata, empty without classes, and why there are none."""
    named = {file: label_name(metadata.rows.get(file, {}).get("label")) for file in files}
    class_names = {file: name for file, name in named.items() if name is not None}
    if not class_names:
        folder_classes, _ = classes_of_folders(files)
        if folder_classes:
            return {}, [f"{metadata.source} gives the images no labels, and so their folders are no classes either."]
        if any("label" in row for row in metadata.rows.values()):
            return {}, [f"The labels in {metadata.source} are all empty."]
        return {}, []
    if len(class_names) < len(files):
        without = [file for file in files if file not in class_names]
        return {}, [
            f"{of_all(without, files, 'image')} {agree(without, 'has', 'have')} no label in {metadata.source}, the "
            f"first is {printable_name(without[0])}, so that the data set is used without labels: give each image one, "
            "or take those without one out."
        ]
    if len(set(class_names.values())) < 2:
        return {}, [f"All images have the label {class_names[files[0]]}: one class alone is no class."]
    return class_names, []
