Attribute VB_Name = "ReplyStart"
Option Explicit
' Starts Python without waiting for it. Which Python and how comes from launcher.txt in the user's own folder and from
' nowhere else: no workbook, folder of a workbook or sheet can choose what runs. Only the name of the click is handed over.

Private Const NOT_SET_UP = "Reply is not set up for you on this computer yet; run reply-xl install."
Private Const NO_PYTHON = "Reply: Python is no longer where it was when Reply was set up; run reply-xl install again."
Private Const NOT_ALLOWED = "Reply: this computer does not let Excel start Python; run reply-xl doctor."

' Returns the sentence to show where Python could not be started, else nothing.
Public Function StartPython(id As String) As String
    Dim python As String
    On Error GoTo Failed
    StartPython = NOT_SET_UP
    If Setting("start") = "agent" Then
        StartPython = ""
        Exit Function
    End If
    python = Setting("python")
    If python = "" Or InStr(python, Chr(34)) > 0 Then Exit Function
    StartPython = NOT_ALLOWED
    ' LibreOffice runs what stands in an #If whatever its condition, hence the second question.
    #If Mac Then
        If OnMac() Then
            AppleScriptTask "ReplyXL.scpt", "startReply", id
            StartPython = ""
            Exit Function
        End If
    #End If
    StartPython = NO_PYTHON
    If Dir(python) = "" Then Exit Function
    StartPython = NOT_ALLOWED
    ' 4 leaves the focus in Excel and, unlike 0, lets a window that Python opens later be seen.
    Shell Chr(34) & python & Chr(34) & " " & Setting("arguments") & " " & id, 4
    StartPython = ""
    Exit Function
Failed:
End Function

' The value of one line name=value in launcher.txt; nothing where there is no such file or line.
Private Function Setting(what As String) As String
    Dim file As Integer, text As String
    On Error GoTo Failed
    file = FreeFile
    Open UserFolder() & "launcher.txt" For Input As #file
    Do While Not EOF(file)
        Line Input #file, text
        If Left(text, Len(what) + 1) = what & "=" Then Setting = Mid(text, Len(what) + 2)
    Loop
Failed:
    On Error Resume Next
    Close #file
End Function
