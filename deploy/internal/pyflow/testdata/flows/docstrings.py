from prefect import flow


@flow
def google(a: int, b: str = "x", c: int = 1, undocumented: int = 1):
    """Summary line.

    More text
      indented.

    Args:
        a: The a.
        b (str, optional): The b,
            on two lines.
        c: The c.

            With a second paragraph.

    Returns:
        Something: else.
    """


@flow
def numpy(a, b):
    """Summary.

    Parameters
    ----------
    a : int
        The a.
    b
        The b.
    """


@flow
def rest(a, b):
    """Summary.

    :param a: The a.
    :param int b: The b.
    """


@flow
def no_blank_above(a):
    """Summary.
    Args:
        a: Not taken.
    """


@flow
def titles(a, b):
    """
    Parameters: With a title
        a: The a.
        *b: star.
    """


@flow
def arguments(a, b, c):
    """
    Arguments:
      a: two spaces
      b (int): typed
      c : spaced

    ARGS:

        a: blank below
    """


@flow
def two(a, b):
    """Two sections.

    Args:
        a: first

    Params:
        b: second
    """


@flow
def fenced(a):
    """Fence.

    ```
    Args:
        a: in a fence
    ```

    Note:
        Args:
            a: in a note

    Keyword Args:
        a: keyword
    """


@flow
def tabs(a):
    """Summary	with tab.

	Args:
		a: tabbed
    """


@flow
def last(a, b):
    """Args:
        a: at once
        b:   spaces around   
    """


@flow
def raw(a):
    r"""A \d raw.

    Args:
        a: back\slash
    """


@flow
def bad_lines(a, b):
    """Bad.

    Args:
        no colon here
        a: good
          deeper
        b (int: x): odd
      dedented: x
    """


@flow
def joined(a):
    "Joined " "strings."


@flow
def bytes_doc(a):
    b"not a docstring"


@flow
def f_doc(a):
    f"not a docstring"


@flow(description="")
def empty_description(a):
    """From the docstring."""
